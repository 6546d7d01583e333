package rtp

import (
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/g722"
)

// coder converts a stream between payloads and the session's format. One
// goroutine uses it.
type coder interface {
	// Append converts src and appends the result to dst.
	Append(dst, src []byte) []byte
}

// coders are those of a codec, to the session and to the peer; nil if there is
// nothing to convert.
func coders(c Codec, format audio.Format) (up, down coder, err error) {
	wide := c.Name == G722.Name
	if c.Format == format && !wide {
		return nil, nil, nil
	}
	to, err := audio.NewTranscoder(c.Format, format)
	if err != nil {
		return nil, nil, err
	}
	from, err := audio.NewTranscoder(format, c.Format)
	if err != nil {
		return nil, nil, err
	}
	if wide {
		return &wideDecoder{decoder: g722.NewDecoder(), next: to}, &wideEncoder{encoder: g722.NewEncoder(), first: from}, nil
	}
	return to, from, nil
}

// wideDecoder is G.722 and what follows it.
type wideDecoder struct {
	decoder *g722.Decoder
	samples []int16
	linear  []byte
	next    *audio.Transcoder
}

// Append implements coder.
func (w *wideDecoder) Append(dst, src []byte) []byte {
	w.samples = w.decoder.Append(w.samples[:0], src)
	w.linear = audio.L16.AppendEncode(w.linear[:0], w.samples)
	return w.next.Append(dst, w.linear)
}

// wideEncoder is G.722 and what precedes it.
type wideEncoder struct {
	first   *audio.Transcoder
	linear  []byte
	samples []int16
	encoder *g722.Encoder
}

// Append implements coder.
func (w *wideEncoder) Append(dst, src []byte) []byte {
	w.linear = w.first.Append(w.linear[:0], src)
	w.samples = audio.L16.AppendDecode(w.samples[:0], w.linear)
	return w.encoder.Append(dst, w.samples)
}
