package rtp

import (
	"net/netip"
	"time"
)

// Feed takes a packet as if it had come from an address, and gives what can go
// on to fn.
func (m *Media) Feed(now time.Time, data []byte, from netip.AddrPort, fn func(Input)) {
	m.in.now = now
	m.renew()
	m.take(data, from)
	for {
		in, ok := m.pop()
		if !ok {
			m.publish()
			return
		}
		fn(in)
	}
}

// Start is Play without a pacer.
func (m *Media) Start(fill func(time.Time, []byte) bool) error {
	_, err := m.out.start(fill, m.Format)
	return err
}

// Tick is what a pacer calls.
func (m *Media) Tick(due time.Time) bool { return m.tick(due) }
