package threeclogic

import "testing"

// TestTC are the requirements of the channel, as far as they can be shown
// without a session behind the leg.
func TestTC(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"3C-02 golden files", testGolden},
		{"3C-03 methods", testMethods},
		{"3C-06 failure of the engine", testFailure},
		{"3C-08 resume", testResume},
		{"3C-09 platform that stops reading", testStalled},
		{"3C-10 no place", testFull},
		{"3C-11 refused before the upgrade", testRefusedBeforeUpgrade},
		{"3C-12 unknown channel", testUnknownChannel},
		{"3C-13 framing", testFraming},
		{"3C-13 hostile messages", testHostile},
		{"3C-13 floods", testMeter},
		{"3C-13 no audio", testNoAudio},
		{"3C-13 revoked", testRevoked},
		{"3C-14 tickets", testTickets},
		{"3C-15 targets", testAddress},
		{"3C-16 parameters", testParameters},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}
