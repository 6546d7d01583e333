package wirejson_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

func TestFields(t *testing.T) {
	t.Parallel()
	f := wirejson.Parse([]byte(
		`{"streamSid":"a","n":"7","list":["x"],"objects":[{"k":1},{}],"p":{"a":"b"},"o":{"z":1},"null":null}`))
	require.Equal(t, "a", f.Text("streamSid", true))
	require.EqualValues(t, 7, f.Number("n"))
	require.EqualValues(t, wirejson.Absent, f.Number("n"), "it was taken")
	require.Equal(t, []string{"x"}, f.Texts("list", 1))
	list := f.List("objects", 2)
	require.Len(t, list, 2)
	require.EqualValues(t, 1, list[0].Number("k"))
	require.Equal(t, map[string]string{"a": "b"}, f.Parameters("p", 1, 100))
	require.Equal(t, 2, f.Left(), "null, and z of o")
	_, ok := f.Optional("o")
	require.True(t, ok)
	require.False(t, f.Has("null"))
	require.Equal(t, 2, f.Left())
	require.Empty(t, f.Problem())
}

func TestLoose(t *testing.T) {
	t.Parallel()
	f := wirejson.Parse([]byte(`{"s":"5","n":5,"b":true,"o":{},"p":{"a":"x","b":7,"c":[],"d":null},"long":{"a":"bbbb"}}`))
	require.Equal(t, []string{"5", "5", "true", "", ""},
		[]string{f.Loose("s"), f.Loose("n"), f.Loose("b"), f.Loose("o"), f.Loose("absent")})
	require.Equal(t, map[string]string{"a": "x", "b": "7"}, f.LooseParameters("p", 4, 100))
	require.Nil(t, f.LooseParameters("absent", 4, 100))
	require.Empty(t, f.Problem())
	require.Nil(t, f.LooseParameters("long", 4, 5))
	require.Equal(t, "long are too long", f.Problem())
}

func TestEitherSpelling(t *testing.T) {
	t.Parallel()
	msg := []byte(`{"event":"start","start":{"stream_sid":"a"}}`)
	strict := wirejson.Parse(msg)
	require.Empty(t, strict.Object("start").Text("streamSid", true))
	require.Equal(t, "streamSid is missing", strict.Problem())

	either := wirejson.Parse(msg)
	either.Either = true
	require.Equal(t, "start", either.Text("event", true))
	require.False(t, either.Snake())
	require.Equal(t, "a", either.Object("start").Text("streamSid", true))
	require.True(t, either.Snake())
	require.Zero(t, either.Left())
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, msg string
		read      func(*wirejson.Fields)
		want      string
	}{
		{"array", `[]`, func(*wirejson.Fields) {}, "not a JSON object"},
		{"null", `null`, func(*wirejson.Fields) {}, "not a JSON object"},
		{"text", `{"a":1}`, func(f *wirejson.Fields) { f.Text("a", true) }, "a is not a string"},
		{"number", `{"a":-1}`, func(f *wirejson.Fields) { f.Number("a") }, "a is not a number from 0 to 10^15-1"},
		{"object", `{"a":1}`, func(f *wirejson.Fields) { f.Object("a") }, "a is not an object"},
		{"list", `{"a":[{},{}]}`, func(f *wirejson.Fields) { f.List("a", 1) }, "a are not at most 1 objects"},
		{"texts", `{"a":[1]}`, func(f *wirejson.Fields) { f.Texts("a", 1) }, "a are not at most 1 strings"},
		{"parameters", `{"a":{"b":1}}`, func(f *wirejson.Fields) { f.Parameters("a", 1, 99) }, "a are not at most 1 strings"},
		{"long parameters", `{"a":{"b":"cc"}}`, func(f *wirejson.Fields) { f.Parameters("a", 1, 5) }, "a are too long"},
		{
			"the first counts, in nested objects too", `{"a":{"b":1},"c":1}`,
			func(f *wirejson.Fields) { f.Object("a").Text("b", true); f.Text("c", true) }, "b is not a string",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := wirejson.Parse([]byte(tt.msg))
			tt.read(f)
			require.Equal(t, tt.want, f.Problem())
		})
	}
}

func TestSnake(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"event": "event", "streamSid": "stream_sid", "customParameters": "custom_parameters",
	} {
		require.Equal(t, want, wirejson.Snake(in))
	}
}

// FuzzScanner compares with encoding/json: what the scanner takes means the
// same there.
func FuzzScanner(f *testing.F) {
	f.Add(`{"a":"b","c":12}`)
	f.Add(`{ "a" : "" }`)
	f.Add(`{"a":"007"}`)
	f.Fuzz(func(t *testing.T, msg string) {
		s := wirejson.Scanner{Rest: []byte(msg)}
		texts := map[string]string{}
		ok := s.Object(func(name []byte) bool {
			v, ok := s.Text()
			texts[string(name)] = string(v)
			return ok
		})
		if !ok || !s.Done() {
			return
		}
		var want map[string]string
		require.NoError(t, json.Unmarshal([]byte(msg), &want))
		require.Equal(t, want, texts)
	})
}

// FuzzAppendString: every text comes back as encoding/json would give it.
func FuzzAppendString(f *testing.F) {
	f.Add("plain")
	f.Add("<\"\\\r\n\x00é\xff>")
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		require.NoError(t, json.Unmarshal(wirejson.AppendString(nil, text), &got))
		marshalled, err := json.Marshal(text)
		require.NoError(t, err)
		var want string
		require.NoError(t, json.Unmarshal(marshalled, &want))
		require.Equal(t, want, got)
	})
}
