// Package threeclogic answers calls that 3CLogic connects over a WebSocket. The
// platform is given a URL, a client id and a client secret; how it frames a call
// is published nowhere, so one URL understands two framings that are: Media
// Streams and the AudioCodes Bot API. The first message says which one it is.
// It was not verified against a 3CLogic tenant.
//
// Source: "Integrate voice service with 3CLogic" of the ServiceNow documentation
// (https://www.servicenow.com/docs); the wire formats name their own.
package threeclogic
