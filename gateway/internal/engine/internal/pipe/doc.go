// Package pipe holds the queues every engine has between the call and its own
// goroutine: caller audio and commands in, and events out.
package pipe
