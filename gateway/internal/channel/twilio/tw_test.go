package twilio

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTW are the requirements of the channel, as far as they can be shown
// without a session behind the leg.
func TestTW(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"TW-01 signature vectors", testVectors},
		{"TW-02 TwiML is valid XML whatever the caller is called", testHostileNames},
		{"TW-03 unusual messages are ignored", testUnusualMessages},
		{"TW-04 every frame has the exact shape and the current stream", testExactFrames},
		{"TW-05 a second of audio comes back bit-exact", testEcho},
		{"TW-06 end of the stream, then the action", testEnd},
		{"TW-07 PRD-10 transfer, and every way it can fail", testTransfer},
		{"TW-08 old and new token during the overlap", testRotation},
		{"TW-10 clear is sent at once", testClear},
		{"TW-11 every echo reaches the session in order", testLateEchoes},
		{"TW-12 silence for what the platform did not send", testGap},
		{"TW-13 streams that never start, break or stop", testFaults},
		{"TW-14 no action request", testActionMissing},
		{"TW-15 and TW-17 a call that is not taken gets TwiML", testNotTaken},
		{"TW-16 repeated webhook", testRepeatedWebhook},
		{"TW-18 streams of media_url", testMediaURL},
		{"TW-19 replays and foreign tickets", testTickets},
		{"TW-20 start of another call", testStartMismatch},
		{"TW-21 hostile messages", testHostileMessages},
		{"TW-22 burst of media", testBurst},
		{"TW-23 junk upgrades cost little", testJunkUpgrades},
		{"TW-24 a reader that stops reading", testStalled},
		{"TW-25 nothing secret is logged", testNothingSecretLogged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}
