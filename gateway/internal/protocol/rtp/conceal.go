package rtp

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// fade is how long lost audio is replaced by what came before it, ever quieter.
// A longer repetition sounds like a machine, an abrupt end like a click.
const fade = 60 * time.Millisecond

// concealer makes up for lost audio of one format. One goroutine uses it.
type concealer struct {
	format  audio.Format
	last    []byte // the newest audio, at most one frame
	samples []int16
	out     []byte
}

// heard remembers audio.
func (c *concealer) heard(data []byte) {
	n := c.format.FrameBytes()
	c.last = append(c.last[:0], data[max(0, len(data)-n):]...)
}

// conceal gives audio for so many samples that were lost, at most those of
// fade; the rest is silence, which is not made here. The result is valid until
// the next call.
func (c *concealer) conceal(samples int) []byte {
	total := c.format.Rate * int(fade/time.Millisecond) / 1000
	if len(c.last) == 0 {
		return nil
	}
	c.samples = c.format.Codec.AppendDecode(c.samples[:0], c.last)
	n := len(c.samples)
	for i := range min(samples, total) {
		s := int(c.samples[i%n]) * (total - i) / total
		c.samples = append(c.samples, int16(s))
	}
	c.out = c.format.Codec.AppendEncode(c.out[:0], c.samples[n:])
	return c.out
}
