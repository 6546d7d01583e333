package audiocodes

import "github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"

// platformMessage reads a message of the platform and gives its audio in
// base64.
func platformMessage(f *wirejson.Fields, m *Message) (sound string) {
	switch f.Text("type", true) {
	case types[Initiate]:
		m.Kind = Initiate
		m.ConversationID = f.Text("conversationId", true)
		m.Participant = f.Text("participant", false)
		m.Initiate = &Session{
			Caller: f.Text("caller", false), BotName: f.Text("botName", false),
			Formats: f.Texts("supportedMediaFormats", MaxFormats),
		}
	case types[Resume]:
		m.Kind = Resume
		m.ConversationID = f.Text("conversationId", true)
	case types[End]:
		m.Kind = End
		m.ReasonCode, m.Reason = f.Loose("reasonCode"), f.Loose("reason")
	case types[UserStart]:
		m.Kind = UserStart
		m.Participant = f.Text("participant", false)
	case types[UserStop]:
		m.Kind = UserStop
		m.Participant = f.Text("participant", false)
	case types[UserChunk]:
		m.Kind = UserChunk
		m.Participant = f.Text("participant", false)
		return f.Text("audioChunk", true)
	case types[Activities]:
		m.Kind = Activities
		m.Activities = activities(f)
	case types[Validate]:
		m.Kind = Validate
	}
	return ""
}

// gatewayMessage reads a message of the gateway and gives its audio in base64.
func gatewayMessage(f *wirejson.Fields, m *Message) (sound string) {
	switch f.Text("type", true) {
	case types[Accepted]:
		m.Kind = Accepted
		m.Format = f.Text("mediaFormat", true)
	case types[Refused]:
		m.Kind = Refused
		m.Reason = f.Text("reason", false)
	case types[UserStarted]:
		m.Kind = UserStarted
		m.Participant = f.Text("participant", false)
	case types[UserStopped]:
		m.Kind = UserStopped
		m.Participant = f.Text("participant", false)
	case types[PlayStart]:
		m.Kind = PlayStart
		m.StreamID, m.Format = streamID(f), f.Text("mediaFormat", true)
	case types[PlayChunk]:
		m.Kind = PlayChunk
		m.StreamID = streamID(f)
		return f.Text("audioChunk", true)
	case types[PlayStop]:
		m.Kind = PlayStop
		m.StreamID = streamID(f)
	case types[Activities]:
		m.Kind = Activities
		m.Activities = activities(f)
	case types[Validated]:
		m.Kind = Validated
	}
	return ""
}

func streamID(f *wirejson.Fields) string {
	id := f.Text("streamId", true)
	if id == "" {
		f.Fail("streamId is empty")
	}
	return id
}

func activities(f *wirejson.Fields) []Activity {
	var list []Activity
	for _, a := range f.List("activities", MaxActivities) {
		list = append(list, Activity{
			Type: a.Text("type", true), Name: a.Text("name", false), Text: a.Text("text", false), Value: a.Loose("value"),
			Parameters: a.LooseParameters("parameters", MaxParameters, MaxParametersBytes),
			Params:     a.LooseParameters("activityParams", MaxParameters, MaxParametersBytes),
		})
	}
	return list
}
