// Package call is the core: a Session joins one leg (the platform's media
// connection) to one engine (the AI backend), paces audio, handles barge-in,
// limits, fallback and transfer, and ends with one reason.
//
// It knows no platform and no engine by name; both come behind the narrow
// interfaces in leg.go and engine.go.
package call
