package sipua

import (
	"maps"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// newParser makes the library's parser, which takes parameters with white space
// around their signs for others (RFC 4475 section 3.1.1.1 has some): in From and
// To, which decide about dialogs, it is taken away first.
func newParser() *sip.Parser {
	headers := maps.Clone(sip.DefaultHeadersParser())
	for _, name := range []string{"from", "f", "to", "t"} {
		parse := headers[name]
		headers[name] = func(name []byte, value string) (sip.Header, error) { return parse(name, tight(value)) }
	}
	return sip.NewParser(sip.WithHeadersParsers(headers))
}

// tight removes white space around ";" and "=" outside of quotes and angle
// brackets, and empty parameters.
func tight(value string) string {
	if !strings.ContainsAny(value, " \t") {
		return value
	}
	var b strings.Builder
	quoted, angled, pending := false, false, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case quoted && c == '\\' && i+1 < len(value):
			b.WriteByte(c)
			i++
			c = value[i]
		case c == '"' && !angled:
			quoted = !quoted
		case quoted:
		case c == '<' || c == '>':
			angled = c == '<'
		case angled:
		case c == ' ' || c == '\t':
			pending = true
			continue
		case c == ';' || c == '=':
			pending = false
			if c == ';' && strings.HasSuffix(b.String(), ";") {
				continue
			}
		}
		if pending && !strings.HasSuffix(b.String(), ";") && !strings.HasSuffix(b.String(), "=") {
			b.WriteByte(' ')
		}
		pending = false
		b.WriteByte(c)
	}
	return b.String()
}
