package api

import (
	"cmp"
	"maps"
	"slices"
)

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
