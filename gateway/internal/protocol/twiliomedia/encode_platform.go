package twiliomedia

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
)

// The platform's messages, field for field as Twilio sends them: sequence
// number, chunk and timestamp are strings, rate and channels are numbers.

// AppendConnected appends the first message; it has no stream and no sequence
// number.
func AppendConnected(dst []byte) []byte {
	return append(dst, `{"event":"connected","protocol":"Call","version":"1.0.0"}`...)
}

// AppendStart appends "start". A nil map of parameters is written as {}.
func AppendStart(dst []byte, sequence int64, s *Start) []byte {
	dst = append(dst, `{"event":"start","sequenceNumber":`...)
	dst = appendNumber(dst, sequence)
	dst = append(dst, `,"start":{"accountSid":`...)
	dst = appendString(dst, s.AccountSID)
	dst = append(dst, `,"streamSid":`...)
	dst = appendString(dst, s.StreamSID)
	dst = append(dst, `,"callSid":`...)
	dst = appendString(dst, s.CallSID)
	dst = append(dst, `,"tracks":["inbound"],"mediaFormat":{"encoding":`...)
	dst = appendString(dst, s.Format.Encoding)
	dst = append(dst, `,"sampleRate":`...)
	dst = strconv.AppendInt(dst, s.Format.SampleRate, 10)
	dst = append(dst, `,"channels":`...)
	dst = strconv.AppendInt(dst, s.Format.Channels, 10)
	dst = append(dst, `},"customParameters":`...)
	dst = appendParameters(dst, s.CustomParameters)
	dst = append(dst, `},"streamSid":`...)
	dst = appendString(dst, s.StreamSID)
	return append(dst, '}')
}

// AppendInbound appends "media" with caller audio; timestamp is in
// milliseconds since the stream started.
func AppendInbound(dst []byte, streamSID string, sequence, chunk, timestamp int64, audio []byte) []byte {
	dst = append(dst, `{"event":"media","sequenceNumber":`...)
	dst = appendNumber(dst, sequence)
	dst = append(dst, `,"media":{"track":"inbound","chunk":`...)
	dst = appendNumber(dst, chunk)
	dst = append(dst, `,"timestamp":`...)
	dst = appendNumber(dst, timestamp)
	dst = append(dst, `,"payload":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, audio)
	dst = append(dst, `"},"streamSid":`...)
	dst = appendString(dst, streamSID)
	return append(dst, '}')
}

// AppendDTMF appends "dtmf" with one key; the vendor names the track
// "inbound_track" here.
func AppendDTMF(dst []byte, streamSID string, sequence int64, digit string) []byte {
	dst = append(dst, `{"event":"dtmf","streamSid":`...)
	dst = appendString(dst, streamSID)
	dst = append(dst, `,"sequenceNumber":`...)
	dst = appendNumber(dst, sequence)
	dst = append(dst, `,"dtmf":{"track":"inbound_track","digit":`...)
	dst = appendString(dst, digit)
	return append(dst, `}}`...)
}

// AppendPlayed appends the "mark" that answers a mark of the gateway.
func AppendPlayed(dst []byte, streamSID string, sequence int64, name string) []byte {
	dst = append(dst, `{"event":"mark","sequenceNumber":`...)
	dst = appendNumber(dst, sequence)
	dst = append(dst, `,"streamSid":`...)
	dst = appendString(dst, streamSID)
	dst = append(dst, `,"mark":{"name":`...)
	dst = appendString(dst, name)
	return append(dst, `}}`...)
}

// AppendStop appends "stop".
func AppendStop(dst []byte, sequence int64, s *Start) []byte {
	dst = append(dst, `{"event":"stop","sequenceNumber":`...)
	dst = appendNumber(dst, sequence)
	dst = append(dst, `,"streamSid":`...)
	dst = appendString(dst, s.StreamSID)
	dst = append(dst, `,"stop":{"accountSid":`...)
	dst = appendString(dst, s.AccountSID)
	dst = append(dst, `,"callSid":`...)
	dst = appendString(dst, s.CallSID)
	return append(dst, `}}`...)
}

func appendParameters(dst []byte, p map[string]string) []byte {
	if len(p) == 0 {
		return append(dst, `{}`...)
	}
	object, _ := json.Marshal(p) // a map of strings always marshals
	return append(dst, object...)
}
