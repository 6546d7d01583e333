// Package phone is the other side of a SIP call: the trunk of a contact centre
// as the gateway sees it. It places one call over UDP, TCP or TLS, with media
// over RTP or SRTP, and answers a REFER as it was told. Test calls and the
// tests of the endpoint use it.
package phone
