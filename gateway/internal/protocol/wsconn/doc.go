// Package wsconn is what every media WebSocket has in common, on either side:
// whole messages in reused buffers, bounds of size and time, and liveness by
// pings.
package wsconn
