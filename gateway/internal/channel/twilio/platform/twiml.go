package platform

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxParameter bounds name and value of one <Parameter>, in characters
// (https://www.twilio.com/docs/voice/twiml/stream).
const maxParameter = 500

// document is an answer in TwiML: verbs, carried out in order.
type document struct {
	XMLName xml.Name `xml:"Response"`
	Verbs   []verb   `xml:",any"`

	text string // as it came
}

type verb struct {
	XMLName xml.Name
	Action  string `xml:"action,attr"`
	Method  string `xml:"method,attr"`
	Text    string `xml:",chardata"`
	Nouns   []noun `xml:",any"`
}

// noun is what a verb acts on; the attributes are those of <Stream>.
type noun struct {
	XMLName        xml.Name
	URL            string      `xml:"url,attr"`
	Name           string      `xml:"name,attr"`
	StatusCallback string      `xml:"statusCallback,attr"`
	Text           string      `xml:",chardata"`
	Parameters     []parameter `xml:"Parameter"`
}

type parameter struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// parse reads one <Response> and nothing else.
func parse(body []byte) (document, error) {
	doc := document{text: string(body)}
	in := xml.NewDecoder(bytes.NewReader(body))
	if err := in.Decode(&doc); err != nil {
		return document{}, fmt.Errorf("read TwiML: %w", err)
	}
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return doc, nil
		}
		if err != nil {
			return document{}, fmt.Errorf("read TwiML: %w", err)
		}
		if text, ok := token.(xml.CharData); !ok || len(bytes.TrimSpace(text)) > 0 {
			return document{}, errors.New("read TwiML: something follows </Response>")
		}
	}
}

// first gives the verb that is carried out first; a document without one ends
// the call, as <Hangup/> does.
func (d document) first() verb {
	if len(d.Verbs) == 0 {
		return verb{XMLName: xml.Name{Local: "Hangup"}}
	}
	return d.Verbs[0]
}

// stream gives the stream that a document connects first, if it does.
func (d document) stream() (verb, noun, bool) {
	v := d.first()
	if v.XMLName.Local != "Connect" {
		return verb{}, noun{}, false
	}
	for _, n := range v.Nouns {
		if n.XMLName.Local == "Stream" {
			return v, n, true
		}
	}
	return verb{}, noun{}, false
}

// customParameters are what "start" carries along.
func (n noun) customParameters() (map[string]string, error) {
	params := make(map[string]string, len(n.Parameters))
	for _, p := range n.Parameters {
		if p.Name == "" || len([]rune(p.Name+p.Value)) >= maxParameter {
			return nil, fmt.Errorf("parameter %q has no name, or %d characters and more with its value", p.Name, maxParameter)
		}
		params[p.Name] = p.Value
	}
	return params, nil
}

// target is whom <Dial> calls: its <Number> or <Sip>, or its own text.
func (v verb) target() string {
	for _, n := range v.Nouns {
		if n.XMLName.Local == "Number" || n.XMLName.Local == "Sip" {
			return strings.TrimSpace(n.Text)
		}
	}
	return strings.TrimSpace(v.Text)
}
