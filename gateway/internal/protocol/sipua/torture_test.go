package sipua_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// TestTortureB14 sends the messages of RFC 4475. The answers are in expected.txt.
func TestTortureB14(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile(filepath.Join("testdata", "torture", "expected.txt"))
	require.NoError(t, err)
	// Those whose end never comes are closed after seconds: all at once.
	unfinished := start(t, options{})
	n := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		require.Len(t, fields, 3)
		n++
		for i, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
			name := "SIP-16 " + fields[0] + " over " + string(transport)
			if fields[i+1] == "closed" {
				p := unfinished.dial(transport)
				p.send(message(t, fields[0]))
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					closedSoon(t, p)
				})
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				torture(t, fields[0], transport, fields[i+1])
			})
		}
	}
	require.Equal(t, 50, n)
}

func message(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "torture", name+".dat"))
	require.NoError(t, err)
	return string(data)
}

func torture(t *testing.T, name string, transport sipua.Transport, want string) {
	t.Helper()
	r := start(t, options{})
	p := r.dial(transport)
	p.send(rportOf(message(t, name), p))
	switch want {
	case "405+closed":
		select {
		case <-p.ended:
		case m := <-p.in:
			require.Contains(t, m.String(), "405")
		}
	case "-":
		p.alive(r, transport)
	case "normal":
		require.Equal(t, []string{sipua.ReasonTokenMissing}, refusalsAfter(t, r, p, 403))
	default:
		status, err := strconv.Atoi(want)
		require.NoError(t, err)
		check(t, p.response(status))
	}
}

// rportOf makes the answer of a datagram come back to the test: without rport
// it goes to the port in Via.
func rportOf(message string, p *peer) string {
	if p.transport != "UDP" {
		return message
	}
	at := topVia.FindStringSubmatchIndex(message)
	if at == nil {
		return message
	}
	return message[:at[3]] + ";rport" + message[at[3]:]
}

// topVia is the first Via header up to its end or a second value.
var topVia = regexp.MustCompile(`(?is)(\r\nv(?:ia)?[ \t]*:[^,]*?)(?:\r\n[^ \t]|,)`)

func refusalsAfter(t *testing.T, r *rig, p *peer, status int) []string {
	t.Helper()
	p.response(status)
	return r.reasons()
}

// check looks at what every answer must have.
func check(t *testing.T, res *sip.Response) {
	t.Helper()
	require.Equal(t, "SIP/2.0", res.SipVersion)
	switch res.StatusCode {
	case 405:
		require.Contains(t, res.GetHeader("allow").Value(), "INVITE")
	case 420:
		require.NotNil(t, res.GetHeader("unsupported"))
	case 415:
		require.Equal(t, "application/sdp", res.GetHeader("accept").Value())
	case 200:
		require.Contains(t, res.GetHeader("supported").Value(), "timer")
	}
}

func closedSoon(t *testing.T, p *peer) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		require.FailNow(t, "the connection is not closed")
	}
	require.Empty(t, p.in)
}

// alive requires that nothing was answered so far, and that OPTIONS is.
func (p *peer) alive(r *rig, transport sipua.Transport) {
	p.t.Helper()
	d := p.dialog()
	d.say("OPTIONS", "")
	require.Equal(p.t, d.callID, d.response(200).CallID().Value())
}
