// Package quality measures an RTP stream and talks about it: the figures of
// RFC 3550 for what is received, RTCP reports in both directions, and an
// estimate of how the call sounds (MOS).
package quality
