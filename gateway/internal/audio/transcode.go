package audio

import (
	"fmt"
	"time"
)

// Transcoder converts a stream of stored audio from one format to another:
// decode, resample, encode. Different codecs of one rate are converted sample
// by sample. Equal formats are copied byte by byte. A Transcoder is used by
// one goroutine and allocates nothing once dst is large enough.
type Transcoder struct {
	from, to  Format
	resampler *Resampler
	in, out   []int16 // one block
	half      [2]byte // an L16 sample of which one byte has come
	halved    bool
}

// NewTranscoder makes a Transcoder. It fails for a format that is not valid.
func NewTranscoder(from, to Format) (*Transcoder, error) {
	for _, f := range []Format{from, to} {
		if err := f.Validate(); err != nil {
			return nil, fmt.Errorf("transcode %v to %v: %w", from, to, err)
		}
	}
	r, err := NewResampler(from.Rate, to.Rate)
	if err != nil {
		return nil, fmt.Errorf("transcode %v to %v: %w", from, to, err)
	}
	return &Transcoder{
		from: from, to: to, resampler: r,
		in:  make([]int16, 0, from.Rate/50),
		out: make([]int16, 0, to.Rate/50+1),
	}, nil
}

// Append converts src and appends the result to dst; the two must not overlap.
// An odd last byte of L16 waits for the next call. After n samples in, exactly
// n*to/from are out, rounded up.
func (t *Transcoder) Append(dst, src []byte) []byte {
	if t.from == t.to {
		return append(dst, src...)
	}
	if t.halved && len(src) > 0 {
		t.half[1], t.halved = src[0], false
		dst = t.append(dst, t.half[:])
		src = src[1:]
	}
	if n := len(src); n%t.from.BytesPerSample() != 0 {
		t.half[0], t.halved = src[n-1], true
		src = src[:n-1]
	}
	return t.append(dst, src)
}

// append is Append for whole samples.
func (t *Transcoder) append(dst, src []byte) []byte {
	for len(src) > 0 {
		block := src[:min(len(src), cap(t.in)*t.from.BytesPerSample())]
		src = src[len(block):]
		t.in = t.from.Codec.AppendDecode(t.in[:0], block)
		t.out = t.resampler.Append(t.out[:0], t.in)
		dst = t.to.Codec.AppendEncode(dst, t.out)
	}
	return dst
}

// Flush appends what the resampler still holds back, drops half a sample, and
// resets the Transcoder.
func (t *Transcoder) Flush(dst []byte) []byte {
	t.out = t.resampler.Flush(t.out[:0])
	t.halved = false
	return t.to.Codec.AppendEncode(dst, t.out)
}

// Reset forgets the past, as after an interruption: nothing of it is heard.
func (t *Transcoder) Reset() {
	t.resampler.Reset()
	t.halved = false
}

// Delay is how much later a sound comes out than it went in.
func (t *Transcoder) Delay() time.Duration { return t.resampler.Delay() }
