package realtimetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// delta is how much audio one event carries.
const delta = 200 * time.Millisecond

// session is one connection. Its goroutine alone touches it: an answer is sent
// between two messages of the client.
type session struct {
	*Server
	ws         *websocket.Conn
	configured bool
	in, out    audio.Format
	vad        *audio.VAD
	heard      int64 // bytes of caller audio
	turn       []byte
	lengths    map[string]time.Duration // of what was said
	numbers    int
	active     string // response that is being made
	due        *time.Timer
	answer     func()
	functions  map[string]bool
}

func newSession(s *Server, ws *websocket.Conn) *session {
	return &session{Server: s, ws: ws, lengths: map[string]time.Duration{}, functions: map[string]bool{}}
}

func (s *session) serve() {
	defer s.ws.Close()
	messages := make(chan []byte)
	done := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(messages)
		for {
			_, msg, err := s.ws.ReadMessage()
			if err != nil {
				return
			}
			select {
			case messages <- msg:
			case <-done:
				return
			}
		}
	}()
	defer func() { close(done); s.ws.Close(); <-read }()
	s.due = time.NewTimer(time.Hour)
	defer s.due.Stop()
	s.send("session.created", fields{"session": fields{"type": "realtime"}})
	for {
		select {
		case msg, ok := <-messages:
			if !ok || !s.receive(msg) {
				return
			}
		case <-s.due.C:
			if answer := s.answer; answer != nil {
				s.answer = nil
				answer()
			}
		}
	}
}

type fields map[string]any

func (s *session) id(prefix string) string {
	s.numbers++
	return fmt.Sprintf("%s_%d", prefix, s.numbers)
}

func (s *session) send(kind string, f fields) {
	f["type"], f["event_id"] = kind, s.id("event")
	data, err := json.Marshal(f)
	if err == nil {
		_ = s.ws.WriteMessage(websocket.TextMessage, data) // a lost client ends the reader
	}
}

func (s *session) fail(code, eventID string) {
	s.note(&s.errors, code)
	s.send("error", fields{"error": fields{
		"type": "invalid_request_error", "code": code, "message": "Refused: " + code, "event_id": eventID,
	}})
}

// strict decodes an event that has no other fields than to has.
func strict(msg []byte, to any) bool {
	d := json.NewDecoder(bytes.NewReader(msg))
	d.DisallowUnknownFields()
	return d.Decode(to) == nil
}

// receive handles a client event; false ends the connection.
func (s *session) receive(msg []byte) bool {
	var head struct {
		Type    string `json:"type"`
		EventID string `json:"event_id"`
	}
	if json.Unmarshal(msg, &head) != nil {
		s.fail("invalid_json", "")
		return true
	}
	if head.Type != "input_audio_buffer.append" {
		s.note(&s.events, head.Type)
	}
	if !s.configured && head.Type != "session.update" {
		s.fail("session_not_configured", head.EventID)
		return true
	}
	ok := true
	switch head.Type {
	case "session.update":
		ok = s.configure(msg)
	case "input_audio_buffer.append":
		ok = s.append(msg)
	case "conversation.item.create":
		ok = s.item(msg)
	case "conversation.item.truncate":
		ok = s.truncate(msg)
	case "response.create":
		ok = s.respond(msg, head.EventID)
	case "response.cancel":
		if s.active == "" {
			s.fail("response_cancel_not_active", head.EventID)
			return true
		}
		s.answer = nil
		s.done("cancelled")
	default:
		ok = false
	}
	if !ok {
		s.fail("invalid_event", head.EventID)
	}
	return true
}

type format struct {
	Type string `json:"type"`
	Rate int    `json:"rate"`
}

func (f format) audio() (audio.Format, bool) {
	switch {
	case f.Type == "audio/pcmu" && f.Rate == 0:
		return audio.Mulaw8k, true
	case f.Type == "audio/pcma" && f.Rate == 0:
		return audio.Alaw8k, true
	case f.Type == "audio/pcm" && f.Rate == 24000:
		return audio.Format{Codec: audio.L16, Rate: 24000}, true
	}
	return audio.Format{}, false
}

func (s *session) configure(msg []byte) bool {
	var e struct {
		Type    string `json:"type"`
		Session struct {
			Type             string   `json:"type"`
			Model            string   `json:"model"`
			Instructions     string   `json:"instructions"`
			OutputModalities []string `json:"output_modalities"`
			Audio            struct {
				Input struct {
					Format         format                 `json:"format"`
					NoiseReduction *struct{ Type string } `json:"noise_reduction"`
					Transcription  *struct{ Model, Language string }
					TurnDetection  *struct {
						Type              string   `json:"type"`
						Threshold         *float64 `json:"threshold"`
						PrefixPaddingMS   int64    `json:"prefix_padding_ms"`
						SilenceDurationMS int64    `json:"silence_duration_ms"`
						Eagerness         string   `json:"eagerness"`
						CreateResponse    bool     `json:"create_response"`
						InterruptResponse bool     `json:"interrupt_response"`
					} `json:"turn_detection"`
				} `json:"input"`
				Output struct {
					Format format  `json:"format"`
					Voice  any     `json:"voice"`
					Speed  float64 `json:"speed"`
				} `json:"output"`
			} `json:"audio"`
			Tools []struct {
				Type, Name, Description string
				Parameters              map[string]any
			} `json:"tools"`
			ToolChoice      string `json:"tool_choice"`
			MaxOutputTokens any    `json:"max_output_tokens"`
		} `json:"session"`
	}
	if !strict(msg, &e) || e.Session.Type != "realtime" || len(e.Session.OutputModalities) != 1 {
		return false
	}
	s.note(&s.updates, string(msg))
	in, out := e.Session.Audio.Input.Format, e.Session.Audio.Output.Format
	var inOK, outOK bool
	s.in, inOK = in.audio()
	s.out, outOK = out.audio()
	turn := e.Session.Audio.Input.TurnDetection
	if !inOK || !outOK || turn == nil || (turn.Type == "semantic_vad" && turn.SilenceDurationMS != 0) {
		return false
	}
	s.vad = audio.NewVAD(s.in.Rate, audio.VADConfig{Silence: time.Duration(turn.SilenceDurationMS) * time.Millisecond})
	for _, t := range e.Session.Tools {
		if t.Type != "function" || t.Parameters["type"] != "object" {
			return false
		}
		s.functions[t.Name] = true
	}
	s.configured = true
	if s.Silent {
		return true
	}
	if s.Format != "" {
		out.Type = s.Format
	}
	told := func(f format) fields {
		if f.Rate == 0 {
			return fields{"type": f.Type}
		}
		return fields{"type": f.Type, "rate": f.Rate}
	}
	s.send("session.updated", fields{"session": fields{"type": "realtime", "audio": fields{
		"input": fields{"format": told(in)}, "output": fields{"format": told(out)},
	}}})
	for _, line := range s.Script {
		_ = s.ws.WriteMessage(websocket.TextMessage, []byte(line)) // as send
	}
	return true
}

func (s *session) append(msg []byte) bool {
	var e struct{ Type, Audio string }
	if !strict(msg, &e) {
		return false
	}
	data, err := base64.StdEncoding.DecodeString(e.Audio)
	if err != nil || len(data) == 0 || len(data)%s.in.BytesPerSample() != 0 {
		return false
	}
	s.heard += int64(len(data))
	s.turn = append(s.turn, data...)
	if most := s.in.Bytes(30 * time.Second); len(s.turn) > most {
		s.turn = s.turn[len(s.turn)-most:]
	}
	for n := s.in.FrameBytes(); len(data) >= n; data = data[n:] {
		switch v := s.vad.Frame(s.in.Codec.AppendDecode(nil, data[:n])); v.Change {
		case audio.SpeechStarted:
			s.send("input_audio_buffer.speech_started", fields{
				"audio_start_ms": max(v.Start.Milliseconds()-300, 0), "item_id": "caller",
			})
		case audio.SpeechStopped:
			s.turnEnded()
		}
	}
	return true
}

func (s *session) turnEnded() {
	said := s.turn
	s.turn = nil
	s.send("input_audio_buffer.speech_stopped", fields{"audio_end_ms": s.in.Duration(int(s.heard)).Milliseconds()})
	s.send("input_audio_buffer.committed", fields{"item_id": "caller"})
	switch {
	case s.Behaviour == Stall:
		return
	case s.Behaviour == GoAway:
		_ = s.ws.WriteControl(websocket.CloseMessage, // the reader sees the answer
			websocket.FormatCloseMessage(websocket.CloseGoingAway, "bye"), time.Now().Add(time.Second))
		return
	case s.active != "":
		s.fail("conversation_already_has_active_response", "")
		return
	}
	if s.Behaviour == Burst {
		said = Tone(s.out, s.Burst)
	}
	s.begin(func() { s.say(said, "What you said.") })
}

// begin makes a response after some thought.
func (s *session) begin(answer func()) {
	s.active = s.id("resp")
	s.send("response.created", fields{"response": fields{"id": s.active, "status": "in_progress"}})
	if s.Behaviour == Fail {
		answer = func() { s.done("failed") }
	}
	s.answer = answer
	s.due.Reset(s.Think)
}

func (s *session) done(status string) {
	response := fields{"id": s.active, "status": status}
	if status == "failed" {
		response["status_details"] = fields{"type": "failed", "error": fields{"code": "rate_limit_exceeded"}}
	}
	s.active = ""
	s.send("response.done", fields{"response": response})
}

func (s *session) name(ga string) string {
	if s.Beta {
		return strings.Replace(ga, "output_audio", "audio", 1)
	}
	return ga
}

func (s *session) say(data []byte, text string) {
	item := s.id("item")
	s.lengths[item] = s.out.Duration(len(data))
	common := func() fields {
		return fields{"response_id": s.active, "item_id": item, "output_index": 0, "content_index": 0}
	}
	for len(data) > 0 {
		n := min(len(data), s.out.Bytes(delta))
		f := common()
		f["delta"] = base64.StdEncoding.EncodeToString(data[:n])
		s.send(s.name("response.output_audio.delta"), f)
		data = data[n:]
	}
	s.send(s.name("response.output_audio.done"), common())
	f := common()
	f["transcript"] = text
	s.send(s.name("response.output_audio_transcript.done"), f)
	s.done("completed")
}

func (s *session) call(name string, arguments string) {
	item, id := s.id("item"), s.id("call")
	f := fields{"response_id": s.active, "item_id": item, "output_index": 0, "call_id": id, "arguments": arguments}
	if !s.Beta {
		f["name"] = name
	}
	s.send("response.function_call_arguments.done", f)
	s.send("response.output_item.done", fields{"response_id": s.active, "item": fields{
		"id": item, "type": "function_call", "call_id": id, "name": name, "arguments": arguments,
	}})
	s.done("completed")
}

func (s *session) item(msg []byte) bool {
	var e struct {
		Type string `json:"type"`
		Item struct {
			Type    string                        `json:"type"`
			Role    string                        `json:"role"`
			Content []struct{ Type, Text string } `json:"content"`
			CallID  string                        `json:"call_id"`
			Output  string                        `json:"output"`
		} `json:"item"`
	}
	if !strict(msg, &e) {
		return false
	}
	switch i := e.Item; {
	case i.Type == "function_call_output" && i.CallID != "" && json.Valid([]byte(i.Output)):
		s.note(&s.texts, i.Output)
	case i.Type == "message" && len(i.Content) == 1 && i.Content[0].Type == map[string]string{
		"user": "input_text", "assistant": "output_text",
	}[i.Role]:
		s.note(&s.texts, i.Content[0].Text)
	default:
		return false
	}
	s.send("conversation.item.added", fields{"item": fields{"id": s.id("item"), "type": e.Item.Type}})
	return true
}

func (s *session) truncate(msg []byte) bool {
	var e struct {
		Type         string `json:"type"`
		ItemID       string `json:"item_id"`
		ContentIndex int    `json:"content_index"`
		AudioEndMS   int64  `json:"audio_end_ms"`
	}
	if !strict(msg, &e) {
		return false
	}
	length := s.lengths[e.ItemID]
	if length == 0 || e.AudioEndMS < 0 || e.AudioEndMS > length.Milliseconds() {
		s.fail("invalid_value", "")
		return true
	}
	s.send("conversation.item.truncated", fields{"item_id": e.ItemID, "audio_end_ms": e.AudioEndMS})
	return true
}

func (s *session) respond(msg []byte, eventID string) bool {
	var e struct {
		Type     string `json:"type"`
		EventID  string `json:"event_id"`
		Response struct {
			Instructions string `json:"instructions"`
			ToolChoice   string `json:"tool_choice"`
		} `json:"response"`
	}
	if !strict(msg, &e) {
		return false
	}
	if s.active != "" {
		s.fail("conversation_already_has_active_response", eventID)
		return true
	}
	if e.Response.Instructions == "" {
		s.begin(s.react)
		return true
	}
	at := strings.LastIndex(e.Response.Instructions, "\n\n")
	text := e.Response.Instructions[at+2:]
	s.begin(func() { s.say(s.sound(text), text) })
	return true
}

// react answers what was put into the conversation last.
func (s *session) react() {
	texts := s.Texts()
	last := ""
	if len(texts) > 0 {
		last = strings.TrimSuffix(texts[len(texts)-1], "]")
	}
	keys := last[strings.LastIndex(last, " ")+1:]
	switch {
	case keys == TransferKey && s.functions["transfer_call"]:
		s.call("transfer_call", `{"destination":""}`)
	case keys == EndKey:
		s.call("end_call", "{}")
	default:
		s.say(s.sound("I see."), "I see.")
	}
}

func (s *session) sound(text string) []byte {
	if s.Speak != nil {
		if data, err := s.Speak(text).Encode(s.out); err == nil {
			return data
		}
	}
	return Tone(s.out, 500*time.Millisecond)
}

// Tone is a sine of 440 Hz at a quarter of full scale.
func Tone(f audio.Format, d time.Duration) []byte {
	samples := make([]int16, int64(f.Rate)*int64(d)/int64(time.Second))
	for i := range samples {
		samples[i] = int16(8192 * math.Sin(2*math.Pi*440*float64(i)/float64(f.Rate)))
	}
	return f.Codec.AppendEncode(nil, samples)
}

// Babble is a tone that comes and goes as syllables do: a detector takes a
// steady one for noise.
func Babble(f audio.Format, d time.Duration) []byte {
	samples := make([]int16, int64(f.Rate)*int64(d)/int64(time.Second))
	for i := range samples {
		at := 2 * math.Pi * float64(i) / float64(f.Rate)
		samples[i] = int16(8192 * math.Sin(440*at) * math.Abs(math.Sin(2.5*at)))
	}
	return f.Codec.AppendEncode(nil, samples)
}
