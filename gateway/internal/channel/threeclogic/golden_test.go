package threeclogic

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

var update = flag.Bool("update", false, "write the golden files")

// parrot says what it hears. Keys: 1 clears, 0 transfers to a desk, 5 sends a
// mark.
func parrot(ctx context.Context, l call.Leg) (call.Result, error) {
	if r, ok := l.(call.Ringing); ok {
		if err := r.Answer(); err != nil {
			return call.Result{}, err
		}
	}
	end := call.Ending{Reason: call.ReasonCallerHangup, Outcome: call.OutcomeCallerHangup}
	err := hear(l, func(in call.Input) {
		switch {
		case in.Kind == call.InputAudio:
			_ = l.Write(in.Data)
		case in.Kind == call.InputDTMF && in.Digit == '1':
			_ = l.(call.Buffered).Clear()
		case in.Kind == call.InputDTMF && in.Digit == '5':
			if m, ok := l.(call.Marking); ok {
				_ = m.WriteMark(nil, "g1-7")
			}
		case in.Kind == call.InputDTMF && in.Digit == '0':
			end = call.Ending{
				Reason: call.ReasonTransfer, Outcome: call.OutcomeTransferred,
				Transfer: &call.Target{Name: "desk", Destination: "sip:desk@example.com"},
			}
			_ = l.End(ctx, end)
		}
	})
	_ = l.End(ctx, end)
	return call.Result{Ending: end}, err
}

// testGolden plays the recorded frames of the platform, the lines that begin
// with ">", and compares every frame of the gateway, the lines that begin with
// "<", byte by byte. The order is that of the file.
func testGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	require.NoError(t, err)
	require.Len(t, files, 4)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			g := newGateway(nil)
			g.serve = parrot
			p := connect(t, g.listen(t, &quick))
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var got strings.Builder
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			for _, line := range lines {
				got.WriteString(line[:2])
				switch message := line[2:]; line[:2] {
				case "> ":
					p.send(message)
					got.WriteString(message)
				case "< ":
					got.WriteString(p.next())
				case "# ":
					got.WriteString(message)
				}
				got.WriteByte('\n')
			}
			code, _ := p.closed()
			require.Equal(t, 1000, code)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got.String()), 0o644))
			}
			require.Equal(t, strings.TrimSpace(string(text))+"\n", got.String())
		})
	}
}
