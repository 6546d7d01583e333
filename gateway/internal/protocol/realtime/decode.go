package realtime

import (
	"encoding/base64"
	"encoding/json"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// Decoder decodes server events into reused buffers. The zero value is ready;
// it is used by one goroutine.
type Decoder struct {
	audio []byte
	item  string
}

// Decode decodes one message. It never fails: what is no event it knows is
// Unknown or Malformed.
func (d *Decoder) Decode(msg []byte, e *Event) {
	if item, content, delta, ok := scanDelta(msg); ok {
		if string(item) != d.item {
			d.item = string(item) // one string for each item instead of one for each event
		}
		*e = Event{Kind: AudioDelta, Item: d.item, ContentIndex: int(content)}
		d.payload(delta, e)
		return
	}
	d.slow(msg, e)
}

func (d *Decoder) payload(text []byte, e *Event) {
	data, err := base64.StdEncoding.AppendDecode(d.audio[:0], text)
	if err != nil {
		*e = Event{Kind: Malformed}
		return
	}
	d.audio, e.Data = data, data
}

// scanDelta reads the one frequent event in its plain shape: strings of
// printable ASCII without escapes and short whole numbers. It answers false for
// everything else, valid or not.
func scanDelta(msg []byte) (item []byte, content int64, delta []byte, ok bool) {
	s := wirejson.Scanner{Rest: msg}
	is := false
	ok = s.Object(func(name []byte) bool {
		var ok bool
		switch string(name) {
		case "type":
			var v []byte
			v, ok = s.Text()
			is = string(v) == "response.output_audio.delta" || string(v) == "response.audio.delta"
			return ok && is
		case "item_id":
			item, ok = s.Text()
			return ok
		case "delta":
			delta, ok = s.Text()
			return ok
		case "content_index":
			return s.Number(&content)
		case "output_index":
			var ignored int64
			return s.Number(&ignored)
		}
		_, ok = s.Text()
		return ok
	})
	return item, content, delta, ok && is && s.Done()
}

// wire is every field of every event that is read.
type wire struct {
	ItemID       string `json:"item_id"`
	ContentIndex int    `json:"content_index"`
	Delta        string `json:"delta"`
	Transcript   string `json:"transcript"`
	Text         string `json:"text"`
	CallID       string `json:"call_id"`
	Name         string `json:"name"`
	Arguments    string `json:"arguments"`
	AudioStartMS int64  `json:"audio_start_ms"`
	Error        struct {
		Type    string `json:"type"`
		Code    string `json:"code"`
		Param   string `json:"param"`
		EventID string `json:"event_id"`
	} `json:"error"`
	Response struct {
		Status  string `json:"status"`
		Details struct {
			Reason string `json:"reason"`
			Error  struct {
				Type string `json:"type"`
				Code string `json:"code"`
			} `json:"error"`
		} `json:"status_details"`
	} `json:"response"`
	Item struct {
		Type      string `json:"type"`
		CallID    string `json:"call_id"`
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"item"`
	Session struct {
		Audio struct {
			Input  struct{ Format *Format } `json:"input"`
			Output struct{ Format *Format } `json:"output"`
		} `json:"audio"`
	} `json:"session"`
}

func (d *Decoder) slow(msg []byte, e *Event) {
	var head struct {
		Type string `json:"type"`
	}
	*e = Event{Kind: Malformed}
	if json.Unmarshal(msg, &head) != nil || head.Type == "" {
		return
	}
	kind := kinds[head.Type]
	if kind == Unknown || kind == Ignored {
		e.Kind = kind
		return
	}
	var w wire
	if json.Unmarshal(msg, &w) != nil {
		return
	}
	*e = Event{
		Kind: kind, Item: w.ItemID, ContentIndex: w.ContentIndex, Text: w.Transcript + w.Text,
		CallID: w.CallID, Name: w.Name, Args: w.Arguments, AudioStartMS: w.AudioStartMS,
		Code: w.Error.Code, ErrorType: w.Error.Type, Param: w.Error.Param, EventID: w.Error.EventID,
		Status: w.Response.Status, Input: w.Session.Audio.Input.Format, Output: w.Session.Audio.Output.Format,
	}
	switch kind {
	case AudioDelta:
		d.payload([]byte(w.Delta), e)
	case ResponseDone:
		if e.Code = w.Response.Details.Error.Code; e.Code == "" {
			e.Code = w.Response.Details.Error.Type + w.Response.Details.Reason
		}
	case FunctionCall:
		if head.Type == "response.output_item.done" {
			if w.Item.Type != "function_call" {
				*e = Event{Kind: Ignored}
				return
			}
			e.CallID, e.Name, e.Args = w.Item.CallID, w.Item.Name, w.Item.Arguments
		}
		if e.Name == "" || e.CallID == "" { // the beta names the function in output_item.done only
			e.Kind = Ignored
		}
	}
}
