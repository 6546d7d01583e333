package audiocodes

import (
	"encoding/base64"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// open appends what every message begins with.
func open(dst []byte, k Kind) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, types[k]...)
	return append(dst, '"')
}

func text(dst []byte, name, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return wirejson.AppendString(dst, value)
}

func sound(dst, audio []byte) []byte {
	dst = append(dst, `,"audioChunk":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, audio)
	return append(dst, '"', '}')
}

// AppendAccepted appends session.accepted.
func AppendAccepted(dst []byte, format string) []byte {
	return append(text(open(dst, Accepted), "mediaFormat", format), '}')
}

// AppendRefused appends session.error. The reason must tell nothing of the
// inside.
func AppendRefused(dst []byte, reason string) []byte {
	return append(text(open(dst, Refused), "reason", reason), '}')
}

// AppendValidated appends the answer to Validate.
func AppendValidated(dst []byte) []byte { return append(open(dst, Validated), `,"success":true}`...) }

// AppendUser appends UserStarted or UserStopped, or the platform's UserStart or
// UserStop, for a participant that may be empty.
func AppendUser(dst []byte, k Kind, participant string) []byte {
	dst = open(dst, k)
	if participant != "" {
		dst = text(dst, "participant", participant)
	}
	return append(dst, '}')
}

// AppendPlayStart appends the begin of an utterance.
func AppendPlayStart(dst []byte, streamID, format string) []byte {
	dst = text(open(dst, PlayStart), "streamId", streamID)
	return append(text(dst, "mediaFormat", format), '}')
}

// AppendPlayChunk appends audio of an utterance.
func AppendPlayChunk(dst []byte, streamID string, audio []byte) []byte {
	return sound(text(open(dst, PlayChunk), "streamId", streamID), audio)
}

// AppendPlayStop appends the end of an utterance.
func AppendPlayStop(dst []byte, streamID string) []byte {
	return append(text(open(dst, PlayStop), "streamId", streamID), '}')
}

// AppendEvent appends one activity, an event. Value and both maps are left out
// when they are empty.
func AppendEvent(dst []byte, a Activity) []byte {
	dst = append(open(dst, Activities), `,"activities":[{"type":"event"`...)
	dst = text(dst, "name", a.Name)
	if a.Value != "" {
		dst = text(dst, "value", a.Value)
	}
	if len(a.Parameters) > 0 {
		dst = wirejson.AppendStrings(append(dst, `,"parameters":`...), a.Parameters)
	}
	if len(a.Params) > 0 {
		dst = wirejson.AppendStrings(append(dst, `,"activityParams":`...), a.Params)
	}
	return append(dst, `}]}`...)
}
