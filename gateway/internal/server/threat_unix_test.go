//go:build unix

package server_test

import (
	"errors"
	"syscall"
)

// smallBuffers is a net.Dialer.Control: a small receive window, and a small
// segment size, from which the other side computes the size of its send
// buffer.
func smallBuffers(_, _ string, c syscall.RawConn) error {
	var err error
	failed := c.Control(func(fd uintptr) {
		err = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536),
		)
	})
	return errors.Join(failed, err)
}
