package audiocodes

import "github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"

// AppendInitiate appends session.initiate.
func AppendInitiate(dst []byte, conversationID string, s Session) []byte {
	dst = text(open(dst, Initiate), "conversationId", conversationID)
	dst = text(dst, "caller", s.Caller)
	if s.BotName != "" {
		dst = text(dst, "botName", s.BotName)
	}
	dst = append(dst, `,"expectAudioMessages":true,"supportedMediaFormats":[`...)
	for i, format := range s.Formats {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wirejson.AppendString(dst, format)
	}
	return append(dst, `]}`...)
}

// AppendResume appends session.resume.
func AppendResume(dst []byte, conversationID string) []byte {
	return append(text(open(dst, Resume), "conversationId", conversationID), '}')
}

// AppendEnd appends session.end.
func AppendEnd(dst []byte, code, reason string) []byte {
	dst = text(open(dst, End), "reasonCode", code)
	return append(text(dst, "reason", reason), '}')
}

// AppendUserChunk appends caller audio of a participant that may be empty.
func AppendUserChunk(dst []byte, participant string, audio []byte) []byte {
	dst = open(dst, UserChunk)
	if participant != "" {
		dst = text(dst, "participant", participant)
	}
	return sound(dst, audio)
}

// AppendValidate appends connection.validate.
func AppendValidate(dst []byte) []byte { return append(open(dst, Validate), '}') }
