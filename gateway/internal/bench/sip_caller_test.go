package bench_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// answerWait is how long a response may take.
const answerWait = 5 * time.Second

// line is a caller that writes its messages by hand, so that nothing of it is
// part of what is measured.
type line struct {
	conn   net.Conn
	n      int
	to     string // tag of the gateway
	target string // Request-URI
}

// invite places a call, holds it, ends it, and gives the time from INVITE to
// 200.
func invite(ctx context.Context, gateway netip.AddrPort, n int, hold time.Duration) (time.Duration, error) {
	conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)),
		net.UDPAddrFromAddrPort(gateway))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	l := &line{conn: conn, n: n, target: "sip:" + sipNumber + "@" + gateway.String()}
	offer := fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio 9 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", n)
	message := l.message("INVITE", 1, offer)
	begun := time.Now()
	res, err := l.ask(message)
	took := time.Since(begun)
	if err != nil {
		return 0, err
	}
	l.to, _ = res.To().Params.Get("tag")
	l.target = res.Contact().Address.String()
	if _, err := conn.Write([]byte(l.message("ACK", 1, ""))); err != nil {
		return 0, err
	}
	select {
	case <-time.After(hold):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	_, err = l.ask(l.message("BYE", 2, ""))
	return took, err
}

// ask sends a request and waits for its 200.
func (l *line) ask(message string) (*sip.Response, error) {
	if _, err := l.conn.Write([]byte(message)); err != nil {
		return nil, err
	}
	if err := l.conn.SetReadDeadline(time.Now().Add(answerWait)); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	for {
		n, err := l.conn.Read(buf)
		if err != nil {
			return nil, err
		}
		m, err := sip.ParseMessage(buf[:n])
		if err != nil {
			return nil, err
		}
		res, ok := m.(*sip.Response)
		switch {
		case !ok || res.IsProvisional():
			continue
		case !res.IsSuccess():
			return nil, fmt.Errorf("call %d: %s", l.n, res.StartLine())
		}
		return res, nil
	}
}

func (l *line) message(method string, seq int, body string) string {
	to := "<sip:" + sipNumber + "@127.0.0.1>"
	if l.to != "" {
		to += ";tag=" + l.to
	}
	headers := []string{
		method + " " + l.target + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK-%d-%s;rport", l.conn.LocalAddr(), l.n, method),
		fmt.Sprintf("From: <sip:+15557654321@127.0.0.1>;tag=%d", l.n),
		"To: " + to,
		fmt.Sprintf("Call-ID: %d@bench", l.n),
		fmt.Sprintf("CSeq: %d %s", seq, method),
		"Max-Forwards: 70",
		fmt.Sprintf("Contact: <sip:bench@%s>", l.conn.LocalAddr()),
		"x-snc-param: " + sipToken,
		"Content-Type: application/sdp",
		fmt.Sprintf("Content-Length: %d", len(body)),
		"", body,
	}
	return strings.Join(headers, "\r\n")
}
