package twilio

import "encoding/xml"

// twiml is an answer: verbs in order. An empty one is <Response></Response>.
// It is only ever built from structs, so that nothing a caller sent can become
// markup. See https://www.twilio.com/docs/voice/twiml.
type twiml []any

func (t twiml) marshal() []byte {
	body, _ := xml.Marshal(struct { // the verbs below always marshal
		XMLName xml.Name `xml:"Response"`
		Verbs   []any
	}{Verbs: t})
	return append([]byte(xml.Header), body...)
}

// connectVerb hands the call to a bidirectional stream.
type connectVerb struct {
	XMLName xml.Name `xml:"Connect"`
	Action  string   `xml:"action,attr"`
	Method  string   `xml:"method,attr"`
	Stream  streamNoun
}

type streamNoun struct {
	XMLName              xml.Name `xml:"Stream"`
	URL                  string   `xml:"url,attr"`
	Name                 string   `xml:"name,attr"`
	StatusCallback       string   `xml:"statusCallback,attr"`
	StatusCallbackMethod string   `xml:"statusCallbackMethod,attr"`
	Parameter            parameterNoun
}

type parameterNoun struct {
	XMLName xml.Name `xml:"Parameter"`
	Name    string   `xml:"name,attr"`
	Value   string   `xml:"value,attr"`
}

// dialVerb rings a live agent: exactly one of Number and SIP.
type dialVerb struct {
	XMLName        xml.Name `xml:"Dial"`
	Action         string   `xml:"action,attr"`
	AnswerOnBridge bool     `xml:"answerOnBridge,attr"`
	Timeout        int      `xml:"timeout,attr"` // seconds
	CallerID       string   `xml:"callerId,attr,omitempty"`
	Number         string   `xml:"Number,omitempty"`
	SIP            string   `xml:"Sip,omitempty"`
}

type sayVerb struct {
	XMLName xml.Name `xml:"Say"`
	Text    string   `xml:",chardata"`
}

type hangupVerb struct {
	XMLName xml.Name `xml:"Hangup"`
}

type rejectVerb struct {
	XMLName xml.Name `xml:"Reject"`
}

// unreachable is said when the call ends without anybody answering it.
const unreachable = "We are sorry, nobody can take your call at the moment. Please call again later. Goodbye."

func sayUnreachable() twiml { return twiml{sayVerb{Text: unreachable}, hangupVerb{}} }
