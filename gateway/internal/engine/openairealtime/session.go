package openairealtime

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/variable"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/realtime"
)

// newSession is the configuration of a call for the backend.
func newSession(c call.Config, o api.OpenAIRealtimeEngine) (realtime.Session, error) {
	in, err := format(c.In)
	if err != nil {
		return realtime.Session{}, err
	}
	out, err := format(c.Out)
	if err != nil {
		return realtime.Session{}, err
	}
	s := realtime.Session{
		Model: o.Model, Instructions: instructions(c), Tools: tools(c), ToolChoice: "auto", MaxOutputTokens: "inf",
		Audio: realtime.Audio{
			Input:  realtime.Input{Format: in, TurnDetection: turnDetection(c, o)},
			Output: realtime.Output{Format: out},
		},
	}
	if o.MaxOutputTokens > 0 {
		s.MaxOutputTokens = o.MaxOutputTokens
	}
	if o.NoiseReduction != "" {
		s.Audio.Input.NoiseReduction = &realtime.NoiseReduction{Type: o.NoiseReduction}
	}
	if model := o.Transcription(); model != "" {
		language, _, _ := strings.Cut(c.Language, "-")
		s.Audio.Input.Transcription = &realtime.Transcription{Model: model, Language: strings.ToLower(language)}
	}
	if c.Voice.Speed != 1 {
		s.Audio.Output.Speed = c.Voice.Speed
	}
	switch id := c.Voice.ID; {
	case strings.HasPrefix(id, "voice_"):
		s.Audio.Output.Voice = realtime.CustomVoice{ID: id}
	case id != "":
		s.Audio.Output.Voice = id
	}
	return s, nil
}

func format(f audio.Format) (realtime.Format, error) {
	switch f {
	case audio.Mulaw8k:
		return realtime.Format{Type: realtime.FormatPCMU}, nil
	case audio.Alaw8k:
		return realtime.Format{Type: realtime.FormatPCMA}, nil
	case linear:
		return realtime.Format{Type: realtime.FormatPCM, Rate: realtime.LinearRate}, nil
	}
	return realtime.Format{}, fmt.Errorf("open conversation: the protocol has no format %v", f)
}

func turnDetection(c call.Config, o api.OpenAIRealtimeEngine) *realtime.TurnDetection {
	d := &realtime.TurnDetection{Type: cmp.Or(o.TurnDetection, api.TurnDetectionServerVAD), CreateResponse: true}
	if d.Type == api.TurnDetectionSemanticVAD {
		d.Eagerness = o.Eagerness
		return d
	}
	padding := api.DefaultRealtimePrefixPadding
	if o.PrefixPadding != nil {
		padding = time.Duration(*o.PrefixPadding)
	}
	d.Threshold = o.Threshold
	d.PrefixPaddingMS = new(padding.Milliseconds())
	d.SilenceDurationMS = new(c.Turn.Silence.Milliseconds())
	return d
}

// instructions are the user's, and what the model must know of the call.
func instructions(c call.Config) string {
	var b strings.Builder
	if c.Instructions != "" {
		b.WriteString(variable.Fill(c.Instructions, c.Vars) + "\n\n")
	}
	fmt.Fprintf(&b, "You are speaking with a caller on the telephone. Speak the language %s.", c.Language)
	for _, word := range slices.Sorted(maps.Keys(c.Voice.Pronunciations)) {
		fmt.Fprintf(&b, "\nPronounce %q as %q.", word, c.Voice.Pronunciations[word])
	}
	return b.String()
}

// tools are those that the session carries out.
func tools(c call.Config) []realtime.Tool {
	none := map[string]any{"type": "object", "properties": map[string]any{}, "required": []string{}}
	all := []realtime.Tool{{
		Type: "function", Name: call.ToolEnd, Parameters: none,
		Description: "End the call, after you have said goodbye.",
	}}
	var names []string
	about := strings.Builder{}
	about.WriteString("Hand the caller over to a live agent or another destination. Say so before you call it.")
	if c.HasLiveAgent {
		names = append(names, "")
		about.WriteString(" An empty destination is the live agent.")
	}
	for _, d := range c.Transfers {
		names = append(names, d.Name)
		fmt.Fprintf(&about, " %s: %s", d.Name, d.Description)
	}
	if len(names) == 0 {
		return all
	}
	slices.Sort(names)
	return append(all, realtime.Tool{
		Type: "function", Name: call.ToolTransfer, Description: about.String(),
		Parameters: map[string]any{
			"type": "object", "required": []string{"destination"},
			"properties": map[string]any{"destination": map[string]any{"type": "string", "enum": names}},
		},
	})
}
