// Package sqlite opens the embedded store: one file, one gateway.
package sqlite
