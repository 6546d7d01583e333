package rtp

// Next blocks for the next thing that came from the peer, in order.
func (m *Media) Next() (Input, error) {
	for {
		if in, ok := m.pop(); ok {
			return in, nil
		}
		if err := m.read(); err != nil {
			return Input{}, err
		}
		select {
		case key := <-m.told:
			if m.in.digits.Told(m.in.now, key) {
				return Input{Kind: Digit, Digit: key}, nil
			}
		default:
		}
	}
}

// pop gives what can go on without another packet.
func (m *Media) pop() (Input, bool) {
	r := &m.in
	for {
		if in, ok := m.rest(); ok {
			return in, true
		}
		var ok bool
		if r.due, ok = r.order.Pop(r.now); !ok {
			return Input{}, false
		}
		switch r.due.Kind {
		case kindAudio:
			r.lost, r.pause, r.full = r.due.Lost, r.due.Pause, true
		case kindEvents:
			if key, ok := r.digits.Packet(r.now, r.due.Time, r.due.Payload); ok {
				return Input{Kind: Digit, Digit: key}, true
			}
		}
	}
}

// rest gives what has not gone on of the packet that is due: what stands for
// the audio missing before it, then its own. Lost audio that cannot be made up
// for is silence like a pause.
func (m *Media) rest() (Input, bool) {
	r := &m.in
	if r.lost > 0 {
		data := r.decoder.lost(r.lost)
		r.pause += r.lost - min(r.lost, r.decoder.ticks(len(data)))
		r.lost = 0
		r.concealed += m.Format.Duration(len(data))
		if len(data) > 0 {
			return Input{Kind: Audio, Data: data}, true
		}
	}
	if r.pause > 0 {
		data, ticks := r.decoder.silence(r.pause)
		r.pause -= ticks
		return Input{Kind: Fill, Data: data}, true
	}
	if r.full {
		r.full = false
		if data := r.decoder.decode(r.due.Payload); len(data) > 0 {
			return Input{Kind: Audio, Data: data}, true
		}
	}
	return Input{}, false
}

// publish shares the figures that change when packets go on.
func (m *Media) publish() {
	r := &m.in
	if figures := (played{r.order.Stats(), r.concealed}); figures != r.played {
		r.played = figures
		m.count(func(c *counts) { c.played = figures })
	}
}
