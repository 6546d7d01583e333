package twilio

import "time"

// Impatient is a kind that does not wait long for Twilio's question.
func Impatient(k Kind, wait time.Duration) Kind {
	k.wait = wait
	return k
}
