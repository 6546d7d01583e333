package oauth

import "container/list"

// maxSources bounds what is remembered about sources of requests. The one not
// seen for the longest time is forgotten first.
const maxSources = 10_000

// lru is a map of bounded size. It is not safe for several goroutines.
type lru[V any] struct {
	order   list.List // of *lruEntry[V], the most recently used first
	entries map[string]*list.Element
	size    int
}

type lruEntry[V any] struct {
	key   string
	value V
}

func newLRU[V any](size int) *lru[V] {
	return &lru[V]{entries: map[string]*list.Element{}, size: size}
}

// get gives the value of a key, made on first use.
func (l *lru[V]) get(key string, first func() V) V {
	if e, ok := l.entries[key]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*lruEntry[V]).value //nolint:forcetypeassert // put in below
	}
	if len(l.entries) >= l.size {
		oldest := l.order.Back()
		delete(l.entries, l.order.Remove(oldest).(*lruEntry[V]).key) //nolint:forcetypeassert // put in below
	}
	v := first()
	l.entries[key] = l.order.PushFront(&lruEntry[V]{key, v})
	return v
}

func (l *lru[V]) remove(key string) {
	if e, ok := l.entries[key]; ok {
		l.order.Remove(e)
		delete(l.entries, key)
	}
}
