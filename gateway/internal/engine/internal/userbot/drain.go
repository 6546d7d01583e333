package userbot

import "time"

// Drain takes what a reader still passes on until it closes the channel, which it
// does when the connection ends; the connection is closed after limit at the
// latest. A nil channel is that of a reader that has ended.
func Drain[T any](from <-chan T, limit time.Duration, closeConn func()) {
	timer := time.AfterFunc(limit, closeConn)
	defer timer.Stop()
	for from != nil {
		if _, ok := <-from; !ok {
			break
		}
	}
	closeConn()
}
