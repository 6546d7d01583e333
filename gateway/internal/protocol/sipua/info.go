package sipua

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// informed takes a digit (two formats in common use, neither of a standard).
func (c *Call) informed(r *sip.Request, tx *sip.ServerTx) *Refusal {
	var digit byte
	body := strings.TrimSpace(string(r.Body()))
	switch {
	case mediaType(r, "application/dtmf-relay"):
		digit = relayed(body)
	case mediaType(r, "application/dtmf"):
		digit = oneKey(body)
	default:
		return &Refusal{
			Status: sip.StatusUnsupportedMediaType, Reason: ReasonBody,
			headers: []sip.Header{sip.NewHeader("Accept", "application/dtmf-relay, application/dtmf")},
		}
	}
	if digit == 0 {
		return bad("one digit")
	}
	select {
	case c.digits <- digit:
	default: // nobody listens
	}
	c.reply(r, tx)
	return nil
}

// relayed reads "Signal=5" of a list of lines.
func relayed(body string) byte {
	for line := range strings.Lines(body) {
		name, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(strings.TrimSpace(name), "signal") {
			return oneKey(strings.TrimSpace(value))
		}
	}
	return 0
}

// oneKey reads one key, 0 if it is none.
func oneKey(s string) byte {
	named := []string{"*", "#", "A", "B", "C", "D"}
	if len(s) == 1 && strings.Contains("0123456789*#ABCD", strings.ToUpper(s)) {
		return strings.ToUpper(s)[0]
	}
	// Some send the number of the event (RFC 4733): 10 is *, 11 is #.
	if i := slices.Index([]string{"10", "11", "12", "13", "14", "15"}, s); i >= 0 {
		return named[i][0]
	}
	return 0
}
