package twiliomedia

import (
	"encoding/base64"
	"strconv"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// The platform's messages. In camelCase they are field for field as Twilio
// sends them: sequence number, chunk and timestamp are strings, rate and
// channels are numbers. In snake_case all of them are numbers.

// AppendConnected appends the first message; it has no stream and no sequence
// number.
func AppendConnected(dst []byte) []byte {
	return append(dst, `{"event":"connected","protocol":"Call","version":"1.0.0"}`...)
}

// AppendStart appends "start". A nil map of parameters is written as {}.
func (s Spelling) AppendStart(dst []byte, sequence int64, start *Start) []byte {
	dst = append(dst, `{"event":"start"`...)
	dst = s.number(s.name(dst, nameSequenceNumber), sequence)
	dst = append(dst, `,"start":`...)
	dst = wirejson.AppendString(s.first(dst, nameAccountSID), start.AccountSID)
	dst = wirejson.AppendString(s.name(dst, nameStreamSID), start.StreamSID)
	dst = wirejson.AppendString(s.name(dst, nameCallSID), start.CallSID)
	dst = append(dst, `,"tracks":["inbound"]`...)
	dst = append(s.name(dst, nameMediaFormat), `{"encoding":`...)
	dst = wirejson.AppendString(dst, start.Format.Encoding)
	dst = strconv.AppendInt(s.name(dst, nameSampleRate), start.Format.SampleRate, 10)
	dst = append(dst, `,"channels":`...)
	dst = strconv.AppendInt(dst, start.Format.Channels, 10)
	dst = append(dst, '}')
	dst = wirejson.AppendStrings(s.name(dst, nameCustomParameters), start.CustomParameters)
	dst = append(dst, '}')
	dst = wirejson.AppendString(s.name(dst, nameStreamSID), start.StreamSID)
	return append(dst, '}')
}

// AppendInbound appends "media" with caller audio; timestamp is in
// milliseconds since the stream started.
func (s Spelling) AppendInbound(
	dst []byte, streamSID string, sequence, chunk, timestamp int64, audio []byte,
) []byte {
	dst = append(dst, `{"event":"media"`...)
	dst = s.number(s.name(dst, nameSequenceNumber), sequence)
	dst = append(dst, `,"media":{"track":"inbound","chunk":`...)
	dst = s.number(dst, chunk)
	dst = append(dst, `,"timestamp":`...)
	dst = s.number(dst, timestamp)
	dst = append(dst, `,"payload":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, audio)
	dst = append(dst, `"}`...)
	dst = wirejson.AppendString(s.name(dst, nameStreamSID), streamSID)
	return append(dst, '}')
}

// AppendDTMF appends "dtmf" with one key; the vendor names the track
// "inbound_track" here.
func (s Spelling) AppendDTMF(dst []byte, streamSID string, sequence int64, digit string) []byte {
	dst = s.appendEvent(dst, "dtmf", streamSID)
	dst = s.number(s.name(dst, nameSequenceNumber), sequence)
	dst = append(dst, `,"dtmf":{"track":"inbound_track","digit":`...)
	dst = wirejson.AppendString(dst, digit)
	return append(dst, `}}`...)
}

// AppendPlayed appends the "mark" that answers a mark of the gateway.
func (s Spelling) AppendPlayed(dst []byte, streamSID string, sequence int64, name string) []byte {
	dst = append(dst, `{"event":"mark"`...)
	dst = s.number(s.name(dst, nameSequenceNumber), sequence)
	dst = wirejson.AppendString(s.name(dst, nameStreamSID), streamSID)
	dst = append(dst, `,"mark":{"name":`...)
	dst = wirejson.AppendString(dst, name)
	return append(dst, `}}`...)
}

// AppendStop appends "stop".
func (s Spelling) AppendStop(dst []byte, sequence int64, start *Start) []byte {
	dst = append(dst, `{"event":"stop"`...)
	dst = s.number(s.name(dst, nameSequenceNumber), sequence)
	dst = wirejson.AppendString(s.name(dst, nameStreamSID), start.StreamSID)
	dst = append(dst, `,"stop":`...)
	dst = wirejson.AppendString(s.first(dst, nameAccountSID), start.AccountSID)
	dst = wirejson.AppendString(s.name(dst, nameCallSID), start.CallSID)
	return append(dst, `}}`...)
}

// number appends a number, in camelCase as a JSON string.
func (s Spelling) number(dst []byte, n int64) []byte {
	if s != Camel {
		return strconv.AppendInt(dst, n, 10)
	}
	dst = append(dst, '"')
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '"')
}
