package rawsip

import (
	"bytes"
	"errors"
)

// TokenHeader is the header that names the trunk.
const TokenHeader = "x-snc-param"

// MaxToken is the longest token that is looked up, in bytes.
const MaxToken = 256

// Errors of Scan.
var (
	// ErrIncomplete is a message whose header section has not ended.
	ErrIncomplete = errors.New("the header section has no end")
	// ErrMalformed is something else than a SIP message.
	ErrMalformed = errors.New("not a SIP message")
)

// Head is what was read. Its slices are parts of the data given to Scan.
type Head struct {
	Response bool
	Method   []byte // of a request, as written
	CallID   []byte // the last one, as a parser that reads on has it
	Token    []byte // value of the token header
	Tokens   int    // number of token headers
	Folded   bool   // a token header goes on in the next line
	Length   int    // of the body by Content-Length; -1 when it says nothing
	// Ambiguous is set when Content-Length came twice with different values, or
	// with something else than a number: a stream has no next message then.
	Ambiguous bool
	Size      int // bytes of the start line and headers, the empty line included
}

// Usable reports whether there is exactly one token header that may be looked
// up.
func (h *Head) Usable() bool {
	return h.Tokens == 1 && !h.Folded && len(h.Token) > 0 && len(h.Token) <= MaxToken
}

// Scan reads the head of a message. Lines end with CRLF; a CR without LF is
// malformed, as it is for the parser behind.
func Scan(data []byte, h *Head) error {
	*h = Head{Length: -1}
	line, rest, err := cutLine(data)
	if err != nil {
		return err
	}
	if err := h.start(line); err != nil {
		return err
	}
	token := false // the header before is a token header
	for {
		line, rest, err = cutLine(rest)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			h.Size = len(data) - len(rest)
			return nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			h.Folded = h.Folded || token
			continue
		}
		token = h.header(line)
	}
}

func cutLine(data []byte) (line, rest []byte, err error) {
	i := bytes.IndexByte(data, '\r')
	if i < 0 || i+1 == len(data) {
		return nil, nil, ErrIncomplete
	}
	if data[i+1] != '\n' {
		return nil, nil, ErrMalformed
	}
	return data[:i], data[i+2:], nil
}

func (h *Head) start(line []byte) error {
	first, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(first) == 0 || len(rest) == 0 {
		return ErrMalformed
	}
	h.Response = len(first) >= 4 && bytes.EqualFold(first[:4], []byte("SIP/"))
	if !h.Response {
		h.Method = first
	}
	return nil
}

// header takes up one header line and reports whether it is a token.
func (h *Head) header(line []byte) bool {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return false // the parser refuses the message
	}
	name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
	switch {
	case is(name, TokenHeader):
		h.Tokens++
		h.Token = value
		return true
	case is(name, "Call-ID"), is(name, "i"):
		h.CallID = value
	case is(name, "Content-Length"), is(name, "l"):
		n := number(value)
		h.Ambiguous = h.Ambiguous || n < 0 || (h.Length >= 0 && h.Length != n)
		h.Length = n
	}
	return false
}

func is(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i := range name {
		if lower(name[i]) != lower(want[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// number reads at most nine digits; -1 for anything else.
func number(b []byte) int {
	if len(b) == 0 || len(b) > 9 {
		return -1
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
