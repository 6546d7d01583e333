// Package channeltest is the suite every channel kind passes: the kind's own
// caller side (channel.Dialer) places real calls on a whole gateway, over real
// sockets.
package channeltest
