package wire_test

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/wire"
)

// TestReceiveBufferB13 looks for the room that a burst needs: 4 MiB, or what the
// system allows.
func TestReceiveBufferB13(t *testing.T) {
	t.Parallel()
	limit, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		t.Skip("the system does not say what it allows")
	}
	allowed, err := strconv.Atoi(strings.TrimSpace(string(limit)))
	require.NoError(t, err)
	inner, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	p := wire.NewPacket(inner, func(netip.Addr, []byte) bool { return true })
	defer p.Close()
	raw, err := inner.(*net.UDPConn).SyscallConn() //nolint:forcetypeassert // asked for above
	require.NoError(t, err)
	var size int
	var failed error
	require.NoError(t, raw.Control(func(fd uintptr) {
		size, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	}))
	require.NoError(t, failed)
	require.GreaterOrEqual(t, size, min(4<<20, allowed), "the system counts twice as much")
}
