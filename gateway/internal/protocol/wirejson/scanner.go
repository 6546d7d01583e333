package wirejson

import "bytes"

// Scanner consumes JSON from the front of Rest. It takes strings of printable
// ASCII without escapes and short whole numbers, and answers false for
// everything else, valid or not.
type Scanner struct{ Rest []byte }

// Done reports whether nothing but blanks is left.
func (s *Scanner) Done() bool {
	s.space()
	return len(s.Rest) == 0
}

func (s *Scanner) space() {
	for len(s.Rest) > 0 && s.Rest[0] == ' ' {
		s.Rest = s.Rest[1:]
	}
}

func (s *Scanner) take(c byte) bool {
	s.space()
	if len(s.Rest) == 0 || s.Rest[0] != c {
		return false
	}
	s.Rest = s.Rest[1:]
	return true
}

// Object reads an object with at least one member; member reads the value.
func (s *Scanner) Object(member func(name []byte) bool) bool {
	if !s.take('{') {
		return false
	}
	for {
		name, ok := s.Text()
		if !ok || !s.take(':') || !member(name) {
			return false
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// Text reads a string without escapes; it points into the message.
func (s *Scanner) Text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	end := bytes.IndexByte(s.Rest, '"')
	if end < 0 {
		return nil, false
	}
	v := s.Rest[:end]
	for _, c := range v {
		if c < ' ' || c > '~' || c == '\\' {
			return nil, false
		}
	}
	s.Rest = s.Rest[end+1:]
	return v, true
}

// Number reads a whole number of at most 15 digits, written as a JSON number
// or as a string.
func (s *Scanner) Number(to *int64) bool {
	quoted := s.take('"')
	var n int64
	digits := 0
	for digits < len(s.Rest) && digits < 16 && '0' <= s.Rest[digits] && s.Rest[digits] <= '9' {
		n = n*10 + int64(s.Rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 15 || digits > 1 && s.Rest[0] == '0' {
		return false
	}
	s.Rest = s.Rest[digits:]
	*to = n
	return !quoted || len(s.Rest) > 0 && s.Rest[0] == '"' && s.take('"')
}
