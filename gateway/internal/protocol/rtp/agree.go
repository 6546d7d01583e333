package rtp

import (
	"fmt"
	"time"

	"github.com/pion/srtp/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// agreed is a Remote with what each goroutine needs for it. Whoever uses one of
// these keeps it as long as its codec or key is the same, since it has a state.
type agreed struct {
	Remote
	up, down           coder         // nil between equal formats
	open, seal         *srtp.Context // nil without SRTP
	openRTCP, sealRTCP *srtp.Context
}

// agree makes everything that can fail.
func agree(r Remote, format audio.Format) (*agreed, error) {
	if r.Codec.ClockRate < 1000 || r.Codec.ClockRate%50 != 0 {
		return nil, fmt.Errorf("codec %q with a clock of %d Hz", r.Codec.Name, r.Codec.ClockRate)
	}
	if r.Packet != 10*time.Millisecond {
		r.Packet = 20 * time.Millisecond
	}
	a := &agreed{Remote: r}
	var err error
	if a.up, a.down, err = coders(r.Codec, format); err != nil {
		return nil, err
	}
	if !r.secure() {
		return a, nil
	}
	for _, c := range []struct {
		key sdes.Key
		to  **srtp.Context
	}{{r.Decrypt, &a.open}, {r.Encrypt, &a.seal}, {r.Decrypt, &a.openRTCP}, {r.Encrypt, &a.sealRTCP}} {
		if *c.to, err = c.key.Context(); err != nil {
			return nil, err
		}
	}
	return a, nil
}
