package platform

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`<Response><Connect action="a"><Stream url="wss://b"><Parameter name="c" value="d"/></Stream></Connect></Response>`,
		`<?xml version="1.0"?><Response><Dial> +1 <Number>+14155550123</Number></Dial><Hangup/></Response>`,
		`<Response/>`, `<Response></Response><Response/>`, `<a>`, "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := parse(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, doc.first().XMLName.Local)
		if _, stream, ok := doc.stream(); ok {
			params, err := stream.customParameters()
			require.True(t, err != nil || len(params) <= len(stream.Parameters))
		}
		for _, v := range doc.Verbs {
			require.LessOrEqual(t, len(v.target()), len(text))
		}
	})
}
