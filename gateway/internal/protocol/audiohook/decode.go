package audiohook

import "strconv"

// Stats counts what was ignored.
type Stats struct {
	UnknownTypes  int64
	UnknownFields int64
	Malformed     int64 // optional members, such as a position, that are not of their form
}

// decoder decodes the text messages of the other end and checks that they
// follow each other. It is used by one goroutine.
type decoder struct {
	id     string
	last   int64        // number of the last message
	sent   func() int64 // number of the last message of this end
	peer   string       // name of the member that acknowledges it
	kinds  map[string]func(*decoder, *fields, *Message)
	strict bool // parameters must be there, as some clients have it
	broken bool // there was a violation: the sequence is not looked at any more
	stats  Stats
}

// Members of the envelope that only one of both ends writes.
const (
	peerServer = "serverseq" // written by the client
	peerClient = "clientseq" // written by the server
)

// decode decodes one text message.
func (d *decoder) decode(text []byte, m *Message) {
	*m = Message{}
	if problem := checkJSON(text); problem != "" {
		d.violated(m, problem)
		m.Invalid = problem == problemUTF8
		return
	}
	f := parse(text)
	version, id, kind := f.text("version"), f.text("id"), f.text("type")
	m.Seq, m.Peer = f.number("seq"), f.number(d.peer)
	switch {
	case d.broken:
	case version != Version:
		f.problem = "version is not " + strconv.Quote(Version)
	case id != d.id:
		f.problem = "id is not that of the session"
	case f.problem != "":
	case m.Seq != d.last+1:
		f.problem = "seq is not the next number"
	case m.Peer > d.sent():
		f.problem = d.peer + " is ahead of what was sent"
	case kind == "":
		f.problem = "type is missing"
	}
	if f.problem != "" && !d.broken {
		d.violated(m, f.problem)
		return
	}
	d.last = max(d.last, m.Seq)
	if position, ok := f.members["position"]; ok {
		delete(f.members, "position")
		if _, good := parseDuration(unquoted(position)); !good {
			d.stats.Malformed++
		}
	}
	if _, ok := f.members["parameters"]; !ok && d.strict {
		d.violated(m, "parameters are missing")
		return
	}
	parameters := f.object("parameters")
	d.stats.UnknownFields += int64(len(f.members))
	read, ok := d.kinds[kind]
	if !ok {
		d.stats.UnknownTypes++
		return
	}
	read(d, &parameters, m)
	if parameters.problem != "" && !d.broken {
		d.violated(m, parameters.problem)
		return
	}
	d.stats.UnknownFields += int64(len(parameters.members))
}

func (d *decoder) violated(m *Message, problem string) {
	d.broken = true
	*m = Message{Kind: Violation, Problem: problem}
}

// unquoted is the content of a JSON string without escapes.
func unquoted(raw []byte) string {
	s, err := strconv.Unquote(string(raw))
	if err != nil {
		return ""
	}
	return s
}

// plain reads a message whose parameters are of no interest.
func plain(k Kind) func(*decoder, *fields, *Message) {
	return func(_ *decoder, _ *fields, m *Message) { m.Kind = k }
}
