package server_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
)

// TestThreatSEC10 attacks whole gateways over real sockets. Each case is named
// after its row in the threat table of the security design, and ends with an
// ordinary call that must work. Row 5 (timing) is in package secret, row 14
// (calls that never end) mostly in package call, row 15 (requests of the
// gateway) in package outbound.
func TestThreatSEC10(t *testing.T) { //nolint:paralleltest // see exhaustion
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		// What measures memory comes first and alone.
		{"13 half-open requests", testHalfOpen},
		{"13 huge frame", testHugeFrame},
		{"13 flood of tiny frames", testTinyFrames},
		{"13 bad signatures while a call runs", testJunkWhileTalking},
	} {
		t.Run(tt.name, tt.run)
	}
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"01 nobody gets in without the channel's own secret", testUnauthenticated},
		{"01 GA-05 nobody gets in without the channel's own signature", testUnsignedConnections},
		{"01 nobody gets in as 3CLogic", testUnauthenticatedThreeCLogic},
		{"03 replay of webhooks and tickets", testReplay},
		{"03 replay after a restart", testReplayAfterRestart},
		{"04 guessing locks nobody out", testGuessing},
		{"04 guesses of one source", testGuessesOfOneSource},
		{"08 a number is no identity", testCallerNumber},
		{"09 transfer targets of the engine", testTransferTargets},
		{"09 transfer targets of the configuration", testConfiguredTargets},
		{"09 transfer target changed in the database", testStoredTarget},
		{"10 markup in what callers say of themselves", testMarkup},
		{"13 slow body", testSlowBody},
		{"13 reader that stops reading", testNeverReading},
		{"14 a stream that never starts", testNeverStarting},
		{"14 a call without media does not hold up the end", testOfferedAtTheEnd},
		{"16 database dump", testDump},
		{"16 sealed rows swapped", testSwappedRows},
		{"17 logs, metrics and refusals", testLogs},
		{"20 mass read-out of credentials", testMassReadOut},
		{"20 audit log cannot be written", testAuditUnwritable},
		{"20 audit log was changed", testAuditTampered},
		{"20 stolen, expired and cross-site", testStolenTokens},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

// attacked lists the kinds whose public paths the cases above know.
var attacked = []string{api.KindTwilio, api.KindGenesysAudioConnector, api.KindThreeCLogic}

// A new kind needs its own attacks, and a caller side for the call after them.
func TestThreatCoversEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range channelall.Kinds() {
		require.True(t, slices.Contains(attacked, k.Name()), "no attacks on %s", k.Name())
		require.Implements(t, (*channel.Dialer)(nil), k.Kind)
	}
}
