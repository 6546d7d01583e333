// Package pipe holds the two queues every engine has between the call and its
// own goroutine: caller audio in, and events out.
package pipe
