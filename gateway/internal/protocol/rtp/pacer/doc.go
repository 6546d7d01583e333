// Package pacer gives many legs a tick every 20 ms from a few goroutines. A
// timer per call wakes a thread per packet, and a time.Ticker drops ticks under
// load, so that the stream silently runs slow; here every tick has an absolute
// deadline, and legs that are due in the same millisecond share one wake-up.
package pacer
