package speech

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestParseHypothesis(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, line string
		want       hypothesis
	}{
		{
			name: "word", line: "u S 0 T -4508 A -3834 L -674 0 -328 -337 <sil> 30 -3302 0 agent(2) 76 -204 -337 <sil> 124\n",
			want: hypothesis{score: -3834, words: []string{"agent"}, spoken: -3302, frames: 46, complete: true},
		},
		{
			name: "two words and a null transition",
			line: "u S 0 T -9 A -8 L -1 0 -3 0 live 10 0 0 (NULL) 11 -4 0 agent 20 0 0 [NOISE] 22",
			want: hypothesis{score: -8, words: []string{"live", "agent"}, spoken: -7, frames: 19, complete: true},
		},
		{name: "no path", line: "u", want: hypothesis{}},
		{name: "silence only", line: "u S 0 T -9 A -8 L -1 0 -3 0 <sil> 10", want: hypothesis{score: -8}},
		{name: "empty", line: "", want: hypothesis{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseHypothesis(c.line)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(c.want, got, cmp.AllowUnexported(hypothesis{})))
		})
	}
	_, err := parseHypothesis("u S 0 T -9 A -8 L -1 0 x 0 agent 10")
	require.ErrorContains(t, err, "recogniser output")
}

func FuzzParseHypothesis(f *testing.F) {
	f.Add("u S 0 T -4508 A -3834 L -674 0 -328 -337 <sil> 30 -3302 0 agent 76 -204 -337 <sil> 124")
	f.Add("u A A L A L 0")
	f.Fuzz(func(t *testing.T, line string) {
		h, err := parseHypothesis(line)
		if err == nil && h.complete {
			require.NotEmpty(t, h.words)
		}
	})
}

func TestPhonesOfTheDictionary(t *testing.T) {
	t.Parallel()
	require.Len(t, phones, 39)
	_, err := newGrammar(strings.NewReader("agent EY\nagent(2) AH\n"), []string{"agent"})
	require.NoError(t, err)
	_, err = newGrammar(strings.NewReader(""), nil)
	require.Error(t, err)
}

func TestVoices(t *testing.T) {
	t.Parallel()
	v := parseVoices([]byte("Pty Language       Age/Gender VoiceName          File                 Other Languages\n" +
		" 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)\n" +
		" 5  nb              --/M      Norwegian_Bokmål  gmq/nb               (no 5)\n" +
		" 5  de              --/M      German             gmw/de\n"))
	for _, c := range []struct{ id, language, want string }{
		{"", "en-US", "en-us"},
		{"", "en-AU", "en"},
		{"", "de-CH-1996", "de"},
		{"", "no-NO", "no"},
		{"", "tlh", "en-us"},
		{"", "", "en-us"},
		{"DE+f3", "en-US", "de+f3"},
		{"unknown+f3", "de-DE", "de+f3"},
		{"unknown+../x", "de-DE", "de"},
	} {
		require.Equal(t, c.want, v.pick(c.id, c.language), "%+v", c)
	}
}
