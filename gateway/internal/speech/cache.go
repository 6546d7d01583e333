package speech

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"sync"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

type cacheKey = [sha256.Size]byte

// cache keeps rendered sounds, least recently used out first, and renders each
// only once at a time; mu guards it.
type cache struct {
	max int // bytes of samples

	mu      sync.Mutex
	size    int
	order   *list.List // of *cached, newest first
	entries map[cacheKey]*list.Element
	flights map[cacheKey]*flight
}

type cached struct {
	key   cacheKey
	sound audio.Sound
}

// flight is a rendering in progress; its fields are set before done is closed.
type flight struct {
	done  chan struct{}
	sound audio.Sound
	err   error
}

func newCache(maxBytes int) *cache {
	return &cache{
		max: maxBytes, order: list.New(),
		entries: map[cacheKey]*list.Element{}, flights: map[cacheKey]*flight{},
	}
}

// get answers the sound of key, rendering it if need be. Who asks while
// another renders the same waits for that; when the other one's context ends,
// the next takes over.
func (c *cache) get(
	ctx context.Context, key cacheKey, render func(context.Context) (audio.Sound, error),
) (audio.Sound, error) {
	for {
		s, f, mine := c.look(key)
		if f == nil {
			return s, nil
		}
		if mine {
			f.sound, f.err = render(ctx)
			c.land(key, f)
			return f.sound, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return audio.Sound{}, ctx.Err()
		}
		if !errors.Is(f.err, context.Canceled) {
			return f.sound, f.err
		}
	}
}

// look finds a sound, or the flight that renders it: mine if the caller is to
// do so.
func (c *cache) look(key cacheKey) (s audio.Sound, f *flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*cached).sound, nil, false
	}
	if f, ok := c.flights[key]; ok {
		return s, f, false
	}
	f = &flight{done: make(chan struct{})}
	c.flights[key] = f
	return s, f, true
}

func (c *cache) land(key cacheKey, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, key)
	close(f.done)
	size := bytesOf(f.sound)
	if f.err != nil || size > c.max {
		return
	}
	c.entries[key] = c.order.PushFront(&cached{key, f.sound})
	for c.size += size; c.size > c.max; {
		oldest := c.order.Back()
		e := c.order.Remove(oldest).(*cached)
		delete(c.entries, e.key)
		c.size -= bytesOf(e.sound)
	}
}

func bytesOf(s audio.Sound) int { return 2 * len(s.Samples) }
