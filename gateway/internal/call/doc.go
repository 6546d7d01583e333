// Package call is the core: a Session joins one leg (the platform's media
// connection) to one engine (the AI backend), paces audio, handles barge-in,
// limits, fallback and transfer, and ends with one reason. The Registry keeps
// the number of calls within its limit.
//
// It knows no platform and no engine by name; both come behind the narrow
// interfaces in leg.go and engine.go.
//
// What a platform wants is said by the optional interfaces of its leg: one with
// a queue of its own is Buffered and says how to fill it, one that tells how far
// it has played is Marking, one with a clock of its own is Clocked and asks for
// its audio, one that waits for an answer is Ringing. Other legs are paced
// frame by frame.
//
// A call has three goroutines. Up (up.go) reads the leg: audio to the
// conversation, the rest to the owner. Down (down.go) writes to the leg what
// the playout says and when. The owner (owner.go) is Run's own goroutine; it
// serves engine events, inputs and deadlines and decides everything. Owner and
// down meet in the playout (playout.go), which holds the queue, the pacing
// clock and the record of what was played. A fourth goroutine exists only
// while an engine is being opened. Run waits for all of them.
package call
