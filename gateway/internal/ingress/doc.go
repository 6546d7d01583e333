// Package ingress is the public side: it routes requests to channel kinds,
// bounds them, and serves TLS from files that are reloaded when they change.
package ingress
