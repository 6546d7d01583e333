// Package all is the registry of channel kinds: one line each.
package all
