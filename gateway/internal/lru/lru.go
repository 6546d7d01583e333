package lru

import "container/list"

// Map remembers at most a number of keys; the one that was not asked for the
// longest time is forgotten first. It is not safe for several goroutines.
type Map[K comparable, V any] struct {
	order   list.List // of *entry[K, V], the most recently used first
	entries map[K]*list.Element
	size    int
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// New makes a map of up to size keys.
func New[K comparable, V any](size int) *Map[K, V] {
	return &Map[K, V]{entries: map[K]*list.Element{}, size: size}
}

// Get gives the value of a key, made by first when there is none.
func (m *Map[K, V]) Get(key K, first func() V) V {
	if e, ok := m.entries[key]; ok {
		m.order.MoveToFront(e)
		return e.Value.(*entry[K, V]).value //nolint:forcetypeassert // put in below
	}
	if len(m.entries) >= m.size {
		oldest := m.order.Back()
		delete(m.entries, m.order.Remove(oldest).(*entry[K, V]).key) //nolint:forcetypeassert // put in below
	}
	v := first()
	m.entries[key] = m.order.PushFront(&entry[K, V]{key, v})
	return v
}

// Find gives the value of a key if it is remembered.
func (m *Map[K, V]) Find(key K) (V, bool) {
	e, ok := m.entries[key]
	if !ok {
		var none V
		return none, false
	}
	m.order.MoveToFront(e)
	return e.Value.(*entry[K, V]).value, true //nolint:forcetypeassert // put in above
}

// Each calls f with every value.
func (m *Map[K, V]) Each(f func(V)) {
	for _, e := range m.entries {
		f(e.Value.(*entry[K, V]).value) //nolint:forcetypeassert // put in above
	}
}

// Remove forgets a key.
func (m *Map[K, V]) Remove(key K) {
	if e, ok := m.entries[key]; ok {
		m.order.Remove(e)
		delete(m.entries, key)
	}
}

// Len is the number of keys.
func (m *Map[K, V]) Len() int { return len(m.entries) }
