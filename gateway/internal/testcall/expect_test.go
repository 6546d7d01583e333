package testcall_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

func transcript(score float64) []testcall.Line {
	return []testcall.Line{
		{Turned: api.Turned{Role: "assistant", Text: "Hello.", AtMS: 60}, Score: new(score), FoundMS: new(int64(80))},
		{Turned: api.Turned{Role: "caller", Text: "[key]", AtMS: 1240}},
		{Turned: api.Turned{Role: "assistant", Text: "Please", AtMS: 1400, Interrupted: true}},
	}
}

func TestExpectations(t *testing.T) {
	t.Parallel()
	ends := map[string]channel.LineEnd{
		"transfer": {ByGateway: true, Next: "transfer", Target: "+14155550123"},
		"hangup":   {ByGateway: true, Next: "hangup"},
		"caller":   {},
		"broken":   {ByGateway: true},
	}
	cases := []struct {
		expect testcall.Expectation
		end    string
		score  float64
		want   string // "" means met
	}{
		{testcall.ExpectSpeech, "caller", 0.95, ""},
		{testcall.ExpectSpeech, "transfer", 0.95, ""},
		{testcall.ExpectSpeech, "caller", 0.89, "no sentence of the assistant was heard"},
		{testcall.ExpectTransfer, "transfer", 0.95, ""},
		{testcall.ExpectTransfer, "transfer", 0, "no sentence of the assistant was heard"},
		{testcall.ExpectTransfer, "hangup", 0.95, "expected transfer: the call ended with the assistant's hangup"},
		{testcall.ExpectEnd, "hangup", 0.95, ""},
		{testcall.ExpectEnd, "transfer", 0.95, "expected end: the call ended with a transfer to +14155550123"},
		{testcall.ExpectEnd, "caller", 0.95, "expected end: the call ended with the caller's hangup"},
		{testcall.ExpectEnd, "broken", 0.95, "expected end: the call ended with the end of its media, and nothing after it"},
	}
	for _, c := range cases {
		t.Run(string(c.expect)+" "+c.end, func(t *testing.T) {
			t.Parallel()
			err := c.expect.Check(testcall.Report{End: ends[c.end]}, transcript(c.score))
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
		})
	}
	require.Error(t, testcall.ExpectSpeech.Check(testcall.Report{}, nil))

	// An engine that does not tell its words is known by its sound.
	wordless := []testcall.Line{{Turned: api.Turned{Role: "assistant", AtMS: 60}}}
	require.Error(t, testcall.ExpectSpeech.Check(testcall.Report{}, wordless))
	require.NoError(t, testcall.ExpectSpeech.Check(testcall.Report{FirstAudioMS: new(int64(80))}, wordless))
}

func TestPrint(t *testing.T) {
	t.Parallel()
	r := testcall.Report{
		FirstAudioMS: new(int64(80)),
		Turns: []*testcall.Turn{
			{Said: "agent", ClearMS: new(int64(260)), LatencyMS: new(int64(420))},
			{Said: "[0]"},
		},
	}
	var b bytes.Buffer
	require.NoError(t, testcall.Print(&b, r, transcript(0.9987)))
	require.Equal(t, ` 0.08 s  assistant  Hello.  heard 0.999
 1.24 s  caller     [key]
 1.40 s  assistant  Please  interrupted
first audio    80 ms
answer         420 ms after "agent"
time to clear  260 ms after "agent" began
end            the caller's hangup
`, b.String())
	b.Reset()
	require.NoError(t, testcall.Print(&b, testcall.Report{}, nil))
	require.Contains(t, b.String(), "first audio    never\n")
}
