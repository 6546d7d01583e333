package conversationrelay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 200)
	for _, c := range []struct {
		name, text string
		want       []string
		rest       string
	}{
		{"nothing", "", nil, ""},
		{"a beginning", "Hello", nil, "Hello"},
		{"an end that may go on", "It costs 3.", nil, "It costs 3."},
		{"a number", "It costs 3.50 euros. ", []string{"It costs 3.50 euros."}, ""},
		{"two", "Hello! How are you? I", []string{"Hello!", "How are you?"}, "I"},
		{"quoted", `He said "no." Then`, []string{`He said "no."`}, "Then"},
		{"lines", "one\n\n two\nthree", []string{"one", "two"}, "three"},
		{"dots", "Well... yes. ", []string{"Well...", "yes."}, ""},
		{"no blanks between", "はい。いいえ。たぶん", []string{"はい。", "いいえ。"}, "たぶん"},
		{"long", long, []string{strings.TrimSpace(long[:600])}, long[600:]},
		{"long without blanks", strings.Repeat("ö", 400), []string{strings.Repeat("ö", 300)}, strings.Repeat("ö", 100)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, rest := cut(c.text)
			require.Equal(t, c.want, got)
			require.Equal(t, c.rest, rest)
		})
	}
}

func TestHeardOf(t *testing.T) {
	t.Parallel()
	const s = "Life is a complex set"
	require.Empty(t, heardOf(s, 0))
	require.Empty(t, heardOf(s, 0.1))
	require.Equal(t, "Life is", heardOf(s, 0.4))
	require.Equal(t, "Life is a complex", heardOf(s, 0.99))
	require.Equal(t, s, heardOf(s, 1))
	require.Equal(t, s, heardOf(s, 7))
}

func FuzzCut(f *testing.F) {
	f.Add("Hello. World")
	f.Add(strings.Repeat("ä.", 700))
	f.Fuzz(func(t *testing.T, text string) {
		sentences, rest := cut(text)
		require.LessOrEqual(t, len(rest), maxSentence)
		letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
		require.Equal(t, letters(text), letters(strings.Join(sentences, "")+rest))
	})
}
