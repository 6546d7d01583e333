// Package lru is a map of bounded size, for what is remembered about sources
// that strangers can make up.
package lru
