package audiohook

import (
	"encoding/json"
	"slices"
)

// Values of Media.
const (
	FormatPCMU      = "PCMU"
	FormatL16       = "L16"
	ChannelExternal = "external" // the caller
	ChannelInternal = "internal" // everybody else
	Rate            = 8000       // hertz, the only one
)

// Media is one way to send audio. Samples of two channels alternate, beginning
// with the channel listed first.
type Media struct {
	Type     string   `json:"type"`
	Format   string   `json:"format"`
	Channels []string `json:"channels"`
	Rate     int      `json:"rate"`

	// raw is the offer as it came: what is chosen is given back unmodified.
	raw json.RawMessage
}

// Offer makes a Media as the vendor writes it.
func Offer(format string, channels ...string) Media {
	return Media{Type: "audio", Format: format, Channels: channels, Rate: Rate}
}

// Is reports whether two media are the same.
func (m Media) Is(other Media) bool {
	return m.Type == other.Type && m.Format == other.Format && m.Rate == other.Rate &&
		slices.Equal(m.Channels, other.Channels)
}

// Select chooses one of the client's offers: µ-law of the caller alone, else of
// both sides, else of the other side alone, which only probes offer. L16 is
// never chosen: the byte order is published nowhere.
func Select(offers []Media) (Media, bool) {
	for _, channels := range [][]string{
		{ChannelExternal},
		{ChannelExternal, ChannelInternal},
		{ChannelInternal, ChannelExternal},
		{ChannelInternal},
	} {
		want := Offer(FormatPCMU, channels...)
		if i := slices.IndexFunc(offers, want.Is); i >= 0 {
			return offers[i], true
		}
	}
	return Media{}, false
}

// Take reduces audio of the media to the caller's channel, in place.
func (m Media) Take(audio []byte) []byte {
	if len(m.Channels) != 2 {
		return audio
	}
	from := slices.Index(m.Channels, ChannelExternal)
	n := len(audio) / 2
	for i := range n {
		audio[i] = audio[2*i+from]
	}
	return audio[:n]
}

// Append appends audio of one channel in the form of the media: on all channels
// alike.
func (m Media) Append(dst, audio []byte) []byte {
	if len(m.Channels) != 2 {
		return append(dst, audio...)
	}
	for _, sample := range audio {
		dst = append(dst, sample, sample)
	}
	return dst
}

// append appends the JSON of a media, as it came if it came.
func (m Media) append(dst []byte) []byte {
	if m.raw != nil {
		return append(dst, m.raw...)
	}
	text, _ := json.Marshal(m) // strings and a number always marshal
	return append(dst, text...)
}

// UnmarshalJSON keeps the offer as it came.
func (m *Media) UnmarshalJSON(data []byte) error {
	type plain Media // without this method
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	*m = Media(p)
	m.raw = slices.Clone(data)
	return nil
}
