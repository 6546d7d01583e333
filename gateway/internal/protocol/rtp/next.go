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
		switch {
		case r.lost > 0:
			data := r.decoder.lost(r.lost)
			made := r.decoder.ticks(len(data))
			r.pause += r.lost - min(r.lost, made)
			r.lost = 0
			r.concealed += m.Format.Duration(len(data))
			if len(data) > 0 {
				return Input{Kind: Audio, Data: data}, true
			}
		case r.pause > 0:
			data, ticks := r.decoder.silence(r.pause)
			r.pause -= ticks
			return Input{Kind: Fill, Data: data}, true
		case r.full:
			r.full = false
			if data := r.decoder.decode(r.due.Payload); len(data) > 0 {
				return Input{Kind: Audio, Data: data}, true
			}
		}
		var ok bool
		if r.lost > 0 || r.pause > 0 {
			continue
		}
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

// publish shares the figures that change when packets go on.
func (m *Media) publish() {
	r := &m.in
	if figures := (played{r.order.Stats(), r.concealed}); figures != r.played {
		r.played = figures
		m.count(func(c *counts) { c.played = figures })
	}
}
