package audio

import (
	"fmt"
	"time"
)

// Sound is a piece of audio held in memory: one channel of 16-bit samples at
// Rate hertz.
type Sound struct {
	Rate    int
	Samples []int16
}

// DecodeSound reads audio stored in a valid format. An odd last byte of L16 is
// left out.
func DecodeSound(f Format, data []byte) Sound {
	samples := make([]int16, 0, len(data)/f.BytesPerSample())
	return Sound{Rate: f.Rate, Samples: f.Codec.AppendDecode(samples, data)}
}

// Duration is how long the sound lasts; 0 without a rate.
func (s Sound) Duration() time.Duration {
	if s.Rate <= 0 {
		return 0
	}
	return time.Duration(len(s.Samples)) * time.Second / time.Duration(s.Rate)
}

// Resampled converts the sound to another rate without delaying it. Samples
// are shared when the rates are equal. It fails for the rates that
// NewResampler refuses.
func (s Sound) Resampled(rate int) (Sound, error) {
	r, err := NewResampler(s.Rate, rate)
	if err != nil {
		return Sound{}, fmt.Errorf("resample: %w", err)
	}
	if s.Rate == rate {
		return s, nil
	}
	out := r.Flush(r.Append(make([]int16, 0, len(s.Samples)*rate/s.Rate+2*r.delay), s.Samples))
	return Sound{Rate: rate, Samples: out[r.delay:]}, nil
}

// Encode stores the sound in a format, resampling as needed. It fails for a
// format that is not valid and for the rates that NewResampler refuses.
func (s Sound) Encode(f Format) ([]byte, error) {
	if err := f.Validate(); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	s, err := s.Resampled(f.Rate)
	if err != nil {
		return nil, err
	}
	return f.Codec.AppendEncode(make([]byte, 0, len(s.Samples)*f.BytesPerSample()), s.Samples), nil
}
