package sipua_test

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// peer is the other side: a SIP phone that writes its messages by hand.
type peer struct {
	t         testing.TB
	transport string
	local     netip.AddrPort
	write     func([]byte) error
	in        chan sip.Message
	ended     chan struct{} // the connection was closed
	id        int
}

var peers struct {
	sync.Mutex
	n int
}

func newPeer(t testing.TB, transport string, local netip.AddrPort, write func([]byte) error) *peer {
	peers.Lock()
	defer peers.Unlock()
	peers.n++
	return &peer{
		t: t, transport: transport, local: local, write: write,
		in: make(chan sip.Message, 256), ended: make(chan struct{}), id: peers.n,
	}
}

func (p *peer) datagrams(c io.Reader) {
	defer close(p.ended)
	buf := make([]byte, 65536)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		p.take(append([]byte(nil), buf[:n]...))
	}
}

func (p *peer) take(data []byte) {
	m, err := sip.ParseMessage(data)
	if err != nil {
		return
	}
	select {
	case p.in <- m:
	default: // nobody wants to know
	}
}

func (p *peer) stream(c io.Reader) {
	defer close(p.ended)
	r := bufio.NewReader(c)
	for {
		var head strings.Builder
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
			if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(strings.TrimSpace(n))
			}
			if line == "\r\n" {
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		p.take(append([]byte(head.String()), body...))
	}
}

func (p *peer) send(message string) {
	p.t.Helper()
	require.NoError(p.t, p.write([]byte(message)))
}

const patience = 5 * time.Second

func (p *peer) next() sip.Message {
	p.t.Helper()
	select {
	case m := <-p.in:
		return m
	case <-time.After(patience):
		require.FailNow(p.t, "nothing came")
		return nil
	}
}

// response waits for a response, provisional ones aside.
func (p *peer) response(status int) *sip.Response {
	p.t.Helper()
	for {
		res, ok := p.next().(*sip.Response)
		require.True(p.t, ok, "a response")
		if res.StatusCode == 100 || (res.StatusCode < 200 && status >= 200) {
			continue
		}
		require.Equal(p.t, status, res.StatusCode, res.String())
		return res
	}
}

// finalOf waits a moment for the final response of a call, if there is one.
func (p *peer) finalOf(callID string) (*sip.Response, bool) {
	late := time.After(200 * time.Millisecond)
	for {
		select {
		case m := <-p.in:
			res, ok := m.(*sip.Response)
			if ok && res.StatusCode >= 200 && res.CallID().Value() == callID {
				return res, true
			}
		case <-late:
			return nil, false
		}
	}
}

func (p *peer) request(method sip.RequestMethod) *sip.Request {
	p.t.Helper()
	r, ok := p.next().(*sip.Request)
	require.True(p.t, ok, "a request")
	require.Equal(p.t, method, r.Method)
	return r
}

// silent requires that nothing comes.
func (p *peer) silent() {
	p.t.Helper()
	select {
	case m := <-p.in:
		require.FailNow(p.t, "something came", m.String())
	case <-time.After(300 * time.Millisecond):
	}
}

// dialog is a call of a peer.
type dialog struct {
	*peer
	callID, fromTag, toTag string
	seq                    int
	branch                 string
	uri                    string // Request-URI
	contact                string
}

func (p *peer) dialog() *dialog {
	peers.Lock()
	peers.n++
	n := peers.n
	peers.Unlock()
	return &dialog{
		peer: p, callID: fmt.Sprintf("call-%d@test", n), fromTag: fmt.Sprintf("from-%d", n),
		uri:     "sip:" + called + "@127.0.0.1",
		contact: fmt.Sprintf("<sip:caller@%s;transport=%s>", p.local, strings.ToLower(p.transport)),
	}
}

// message writes a request of the dialog. The sequence number goes up, except
// for ACK and CANCEL.
func (d *dialog) message(method, body string, headers ...string) string {
	if method != "ACK" && method != "CANCEL" {
		d.seq++
	}
	if method != "CANCEL" {
		peers.Lock()
		peers.n++
		d.branch = fmt.Sprintf("z9hG4bK-%d", peers.n)
		peers.Unlock()
	}
	to := "<sip:" + called + "@127.0.0.1>"
	if d.toTag != "" {
		to += ";tag=" + d.toTag
	}
	lines := []string{
		method + " " + d.uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s;rport", d.transport, d.local, d.branch),
		"From: <sip:+15557654321@127.0.0.1>;tag=" + d.fromTag,
		"To: " + to,
		"Call-ID: " + d.callID,
		fmt.Sprintf("CSeq: %d %s", d.seq, method),
		"Max-Forwards: 70",
		"Contact: " + d.contact,
	}
	if body != "" && !strings.Contains(strings.Join(headers, "\n"), "Content-Type") {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, headers...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return strings.Join(lines, "\r\n")
}

// say sends a request of the dialog.
func (d *dialog) say(method, body string, headers ...string) {
	d.t.Helper()
	d.send(d.message(method, body, headers...))
}

// establish calls and acknowledges.
func (d *dialog) establish(headers ...string) *sip.Response {
	d.t.Helper()
	d.say("INVITE", offer, headers...)
	res := d.response(200)
	d.answered(res)
	d.say("ACK", "")
	return res
}

// answered takes over what the 200 says about the dialog.
func (d *dialog) answered(res *sip.Response) {
	d.toTag, _ = res.To().Params.Get("tag")
	d.uri = res.Contact().Address.String()
}

// answer answers a request of the server.
func (p *peer) answer(r *sip.Request, status int, headers ...sip.Header) {
	p.t.Helper()
	res := sip.NewResponseFromRequest(r, status, "Fine", nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	p.send(res.String())
}
