// Package sdes holds the SRTP keys that travel in SDP: the "crypto" attribute
// of RFC 4568 with the suites of that page and of RFC 7714. Such keys are as
// secret as the signalling is; they never appear in an error or a log.
package sdes
