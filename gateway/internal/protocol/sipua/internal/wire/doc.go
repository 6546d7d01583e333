// Package wire are the sockets below the SIP stack: a packet connection that
// hands on admitted datagrams only, and a listener whose connections hand on
// admitted whole messages only, with limits on their number, their time and
// their size.
package wire
