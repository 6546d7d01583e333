// Package all is the registry of engines: one line each.
package all
