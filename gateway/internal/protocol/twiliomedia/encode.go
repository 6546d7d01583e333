package twiliomedia

import (
	"encoding/base64"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// The gateway's messages: exactly the vendor's three shapes, since any missing
// or additional field is an error there (warning 31951), and the extension.

// AppendMedia appends {"event":"media",…} with audio, which must not be empty.
func (s Spelling) AppendMedia(dst []byte, streamSID string, audio []byte) []byte {
	dst = s.appendEvent(dst, "media", streamSID)
	dst = append(dst, `,"media":{"payload":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, audio)
	return append(dst, `"}}`...)
}

// AppendMark appends {"event":"mark",…}.
func (s Spelling) AppendMark(dst []byte, streamSID, name string) []byte {
	dst = s.appendEvent(dst, "mark", streamSID)
	dst = append(dst, `,"mark":{"name":`...)
	dst = wirejson.AppendString(dst, name)
	return append(dst, `}}`...)
}

// AppendClear appends {"event":"clear",…}.
func (s Spelling) AppendClear(dst []byte, streamSID string) []byte {
	return append(s.appendEvent(dst, "clear", streamSID), '}')
}

// AppendTransfer appends {"event":"transfer",…}, which Twilio does not know.
func (s Spelling) AppendTransfer(dst []byte, streamSID string, h Handover) []byte {
	dst = s.appendEvent(dst, "transfer", streamSID)
	dst = append(dst, `,"transfer":{"reason":`...)
	dst = wirejson.AppendString(dst, h.Reason)
	dst = append(dst, `,"target":`...)
	dst = wirejson.AppendString(dst, h.Target)
	dst = append(dst, `,"attributes":`...)
	dst = wirejson.AppendStrings(dst, h.Attributes)
	return append(dst, `}}`...)
}

// appendEvent appends what every message of the gateway begins with.
func (s Spelling) appendEvent(dst []byte, event, streamSID string) []byte {
	dst = append(dst, `{"event":"`...)
	dst = append(dst, event...)
	dst = append(dst, '"')
	return wirejson.AppendString(s.name(dst, nameStreamSID), streamSID)
}

// Names that differ between spellings.
const (
	nameSequenceNumber = iota
	nameStreamSID
	nameAccountSID
	nameCallSID
	nameMediaFormat
	nameSampleRate
	nameCustomParameters
)

// names are indexed by spelling.
var names = [...][7]string{
	Camel: {"sequenceNumber", "streamSid", "accountSid", "callSid", "mediaFormat", "sampleRate", "customParameters"},
	Snake: {
		"sequence_number", "stream_sid", "account_sid", "call_sid", "media_format", "sample_rate", "custom_parameters",
	},
}

// name appends a name that follows another member.
func (s Spelling) name(dst []byte, name int) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, names[s][name]...)
	return append(dst, '"', ':')
}

// first appends the name of an object's first member.
func (s Spelling) first(dst []byte, name int) []byte {
	dst = append(dst, '{', '"')
	dst = append(dst, names[s][name]...)
	return append(dst, '"', ':')
}
