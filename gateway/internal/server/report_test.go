package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// The platform may say that a call is over before the gateway has written its
// record: it stays over.
func TestEarlyReportIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	line := r.dial()
	conversation := r.conversation()
	r.ask(r.a, "status", about(line.ProviderCallID(), "CallStatus", "completed"))
	conversation.say(call.Event{Kind: call.EventToolCall, ID: "t", Name: call.ToolTransfer, Args: `{}`})
	record := r.ended(line)
	require.Equal(t, liveAgent, record.Transfer.Destination)
	require.Equal(t, api.CallEnded, record.State)
	require.Equal(t, "completed", record.Transfer.Result)
}
