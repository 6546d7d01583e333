// Package platform is the platform's side of a call, as 3CLogic would place it
// in either of the framings that the channel understands: it authenticates
// itself, opens the WebSocket, plays what it receives to a caller on an absolute
// clock, and holds every message of the gateway to the documented shape. It
// shares nothing with the code that answers such calls but the wire formats, so
// each of the two checks the other.
package platform
