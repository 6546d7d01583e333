package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// A gateway that is killed leaves no call running: the next process on the same
// data ends what was left.
func TestSIGKILLLeavesNoCallRunningGA23(t *testing.T) {
	t.Parallel()
	const calls = 3
	dir := data(t)
	p := launch(t, dir)
	var a api.Assistant
	require.NoError(t, p.client.Post(t.Context(), "/v1/assistants",
		api.Assistant{Name: "long talk", GreetingMode: api.CallerFirst}, &a, api.Write{}))
	in, out := &api.GenesysAudioConnectorChannel{}, &api.GenesysAudioConnectorChannel{}
	in.AssistantID, in.ProviderApplication = a.ID, "kill"
	require.NoError(t, p.client.Post(t.Context(), "/v1/channels/genesys_audio_connector", in, out, api.Write{}))
	lines := p.calls(t, p.target(t, out.ID), calls)
	require.NoError(t, p.cmd.Process.Kill())
	require.Error(t, <-p.exited, "it was killed")
	for _, line := range lines {
		_, err := line.Wait(t.Context())
		require.Error(t, err, "the connection broke")
	}
	ended := records(t, dir)
	require.Len(t, ended, calls)
	for _, c := range ended {
		require.Equal(t, api.CallEnded, c.State)
		require.Equal(t, "gateway_lost", c.EndReason)
		require.NotNil(t, c.EndedAt)
	}
}
