package conversationrelay

import (
	"strconv"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// Append appends the message "setup", of an inbound telephone call; what is not
// known of it is empty.
func (s *Setup) Append(dst []byte) []byte {
	dst = append(dst, `{"type":"setup","sessionId":`...)
	dst = wirejson.AppendString(dst, s.SessionID)
	dst = text(dst, "accountSid", s.AccountSID)
	dst = text(dst, "parentCallSid", "")
	dst = text(dst, "callSid", s.CallSID)
	dst = text(dst, "from", s.From)
	dst = text(dst, "to", s.To)
	dst = text(dst, "forwardedFrom", "")
	dst = text(dst, "callType", "PSTN")
	dst = text(dst, "callerName", "")
	dst = text(dst, "direction", "inbound")
	dst = text(dst, "callStatus", "RINGING")
	dst = append(dst, `,"customParameters":`...)
	dst = wirejson.AppendStrings(dst, s.CustomParameters)
	return append(dst, '}')
}

// AppendPrompt appends "prompt", a whole turn of the caller.
func AppendPrompt(dst []byte, words, language string) []byte {
	dst = append(dst, `{"type":"prompt"`...)
	dst = text(dst, "voicePrompt", words)
	dst = text(dst, "lang", language)
	return append(dst, `,"last":true}`...)
}

// AppendDTMF appends "dtmf" with one key.
func AppendDTMF(dst []byte, digit byte) []byte {
	dst = append(dst, `{"type":"dtmf"`...)
	return append(text(dst, "digit", string(digit)), '}')
}

// AppendInterrupt appends "interrupt": what the caller heard of an utterance.
func AppendInterrupt(dst []byte, utterance string, milliseconds int64) []byte {
	dst = append(dst, `{"type":"interrupt"`...)
	dst = text(dst, "utteranceUntilInterrupt", utterance)
	dst = append(dst, `,"durationUntilInterruptMs":`...)
	return append(strconv.AppendInt(dst, milliseconds, 10), '}')
}

// AppendError appends "error", what is wrong with what the bot asked for.
func AppendError(dst []byte, description string) []byte {
	dst = append(dst, `{"type":"error"`...)
	return append(text(dst, "description", description), '}')
}

// text appends a member that follows another one.
func text(dst []byte, name, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return wirejson.AppendString(dst, value)
}
