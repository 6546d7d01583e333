// Package server wires the gateway: store, keys, configuration, engines,
// channels and listeners, and the order in which they start, drain and stop.
// It contains no behaviour of its own.
package server
