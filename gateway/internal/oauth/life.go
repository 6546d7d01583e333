package oauth

import "time"

const (
	// tokenLife is how long an access token is valid.
	tokenLife = 10 * time.Minute
	// leeway is how far the clocks of two nodes may differ.
	leeway = 30 * time.Second
	// keyLife is how long a key signs.
	keyLife = 90 * 24 * time.Hour
	// publishAhead is how long a key is published before its first use, so that
	// whoever caches the key set knows it by then.
	publishAhead = 24 * time.Hour
	// keepAfter is how long a key is published after its last token expired.
	keepAfter = time.Hour
	// settle is how long a key that replaces a leaked one waits before its first
	// use: longer than pollEvery, so that every node knows it.
	settle = 5 * time.Second
	// pollEvery bounds how long what another node did stays unseen.
	pollEvery = 2 * time.Second
	// pollTimeout bounds one look into a database that does not answer.
	pollTimeout = 10 * time.Second
)
