// Package port lends pairs of UDP ports for RTP and RTCP. A pair that is given
// back stays bound and is read until its old stream has stopped, so that the
// next call never inherits packets of the one before.
package port
