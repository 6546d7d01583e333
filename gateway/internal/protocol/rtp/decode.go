package rtp

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// maxFill is the longest silence that is handed over at once.
const maxFill = time.Second

// decoder turns payloads into audio of the session's format, and knows what to
// put where one is missing. Results are valid until the next call.
type decoder struct {
	codec     Codec
	coder     coder
	out       []byte
	concealer concealer
	quiet     []byte
}

// set changes the codec.
func (d *decoder) set(a *agreed, format audio.Format) {
	d.codec, d.coder, d.concealer.format = a.Codec, a.up, format
}

func (d *decoder) decode(payload []byte) []byte {
	if d.coder != nil {
		d.out = d.coder.Append(d.out[:0], payload)
		payload = d.out
	}
	d.concealer.heard(payload)
	return payload
}

// lost makes up for lost audio of so many ticks, as far as that is possible.
func (d *decoder) lost(ticks uint32) []byte { return d.concealer.conceal(d.samples(ticks)) }

// silence is a pause of at most so many ticks, and how many it is.
func (d *decoder) silence(ticks uint32) ([]byte, uint32) {
	ticks = min(ticks, uint32(int64(maxFill)*int64(d.codec.ClockRate)/int64(time.Second)))
	n := d.samples(ticks) * d.concealer.format.BytesPerSample()
	if cap(d.quiet) < n {
		d.quiet = make([]byte, n)
	}
	data := d.quiet[:n]
	d.concealer.format.Silence(data)
	return data, ticks
}

// samples is the number of samples in the session's format for so many ticks.
func (d *decoder) samples(ticks uint32) int {
	return int(int64(ticks) * int64(d.concealer.format.Rate) / int64(d.codec.ClockRate))
}

// ticks is how long n bytes of the session's format last.
func (d *decoder) ticks(n int) uint32 {
	f := d.concealer.format
	return uint32(int64(n/f.BytesPerSample()) * int64(d.codec.ClockRate) / int64(f.Rate))
}
