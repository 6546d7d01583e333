package pacer

import (
	"sync"
	"time"
)

// shard is a wheel with one goroutine. Members are appended by anybody and
// removed by that goroutine alone, so it can walk over a slot without the lock.
type shard struct {
	wake chan struct{} // the shard is no longer empty

	mu    sync.Mutex
	slots [slots][]Ticker
	count int
}

func (s *shard) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// add puts t where the fewest are.
func (s *shard) add(t Ticker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	least := 0
	for i := range s.slots {
		if len(s.slots[i]) < len(s.slots[least]) {
			least = i
		}
	}
	s.slots[least] = append(s.slots[least], t)
	s.count++
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// members are those of the first slot from turn on that has any, and the turn
// of that slot.
func (s *shard) members(turn int) (int, []Ticker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range slots {
		if m := s.slots[(turn+i)%slots]; len(m) > 0 {
			return turn + i, m
		}
	}
	return turn, nil
}

func (s *shard) remove(slot int, gone []Ticker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.slots[slot][:0]
	for _, t := range s.slots[slot] {
		if len(gone) > 0 && t == gone[0] {
			gone = gone[1:]
			s.count--
			continue
		}
		kept = append(kept, t)
	}
	clear(s.slots[slot][len(kept):])
	s.slots[slot] = kept
}

// run ticks until done. Turn n is due at base plus n steps, however late the
// turns before it were.
func (s *shard) run(done <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	base, turn := time.Now(), 0
	var gone []Ticker
	for {
		var members []Ticker
		turn, members = s.members(turn)
		if len(members) == 0 {
			select {
			case <-s.wake:
				base, turn = time.Now(), 0
			case <-done:
				return
			}
			continue
		}
		due := base.Add(time.Duration(turn) * step)
		late := time.Since(due)
		if late < 0 {
			// Whoever is added meanwhile has a later turn than this one, or
			// the same turn one period later.
			timer.Reset(-late)
			select {
			case <-timer.C:
			case <-done:
				return
			}
			late = time.Since(due)
		}
		if late > maxLate {
			lost := late / Period * Period
			base, due = base.Add(lost), due.Add(lost)
		}
		gone = gone[:0]
		for _, t := range members {
			select {
			case <-done:
				return
			default:
			}
			if !t.Tick(due) {
				gone = append(gone, t)
			}
		}
		if len(gone) > 0 {
			s.remove(turn%slots, gone)
		}
		if turn++; turn == slots {
			base, turn = base.Add(Period), 0
		}
	}
}
