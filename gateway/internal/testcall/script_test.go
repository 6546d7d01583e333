package testcall_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

func TestParseScript(t *testing.T) {
	t.Parallel()
	steps, err := testcall.ParseScript(`
# the caller is in a hurry
over 1.5s say connect me,  please
press 12#
	wait 300ms
over 200ms press 0
listen
hangup
`)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]testcall.Step{
		{Say: "connect me,  please", Over: 1500 * time.Millisecond},
		{Keys: "12#"},
		{Wait: 300 * time.Millisecond},
		{Keys: "0", Over: 200 * time.Millisecond},
		{Listen: true},
		{Hangup: true},
	}, steps))

	steps, err = testcall.ParseScript("")
	require.NoError(t, err)
	require.Empty(t, steps)
}

func TestParseScriptRefuses(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"sing":              `"sing" is no step`,
		"say":               "exactly one thing",
		"press":             "exactly one thing",
		"press 0x":          `keys "0x"`,
		"wait":              `wait ""`,
		"wait -1s":          `wait "-1s"`,
		"over":              `over ""`,
		"over 1s":           `"" is no step`,
		"over -1s say yes":  `over "-1s"`,
		"over soon say yes": `over "soon"`,
		"over 1s hangup":    "only speech and keys",
		"hangup now":        "hangup stands alone",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			_, err := testcall.ParseScript("listen\n" + line)
			require.ErrorContains(t, err, "line 2: ")
			require.ErrorContains(t, err, want)
		})
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("say a\npress 0\nover 1s say b\nwait 1s\nlisten\nhangup\n# c")
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := testcall.ParseScript(text)
		if err != nil {
			require.Empty(t, steps)
		}
	})
}
