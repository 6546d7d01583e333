package sipua_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry/logtest"
)

// elsewhere is a trunk whose networks are not this machine's.
func elsewhere() *trunk.Trunk {
	t := listed()
	t.ID, t.Sources = "chn_elsewhere", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	return t
}

func TestScannerB11(t *testing.T) {
	t.Parallel()
	methods := []string{
		"OPTIONS", "INVITE", "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "BYE", "CANCEL", "FOO",
	}
	for _, c := range []struct {
		name   string
		trunks []*trunk.Trunk
		token  string
		reason string
	}{
		{"SIP-18 SIP-23 nobody without a list", []*trunk.Trunk{elsewhere()}, "", gate.ReasonSource},
		{"SIP-18 SIP-23 with a token, not listed", []*trunk.Trunk{elsewhere()}, token, gate.ReasonSource},
		{"SIP-18 SIP-23 without the token", []*trunk.Trunk{open()}, "", gate.ReasonToken},
		{"SIP-18 with a wrong token", []*trunk.Trunk{open()}, "guess", gate.ReasonToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, options{trunks: c.trunks})
			p := r.dial(sipua.UDP)
			for _, method := range methods[:4] { // a fifth one would be a ban
				var headers []string
				if c.token != "" {
					headers = append(headers, "x-snc-param: "+c.token)
				}
				p.dialog().say(method, "", headers...)
			}
			p.silent()
			for _, reason := range r.reasons() {
				require.Equal(t, c.reason, reason)
			}
			if c.reason == gate.ReasonSource {
				for _, method := range methods {
					p.dialog().say(method, "")
				}
				p.silent()
			}
		})
	}
	t.Run("SIP-18 SIP-23 a stream without the token is closed", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{trunks: []*trunk.Trunk{open()}})
		p := r.dial(sipua.TCP)
		p.dialog().say("OPTIONS", "")
		closedSoon(t, p)
	})
	t.Run("SIP-23 methods that are not offered, to a listed source", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{})
		p := r.dial(sipua.UDP)
		for _, method := range []string{"REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "PRACK"} {
			p.dialog().say(method, "")
			require.NotNil(t, p.response(405).GetHeader("allow"), method)
		}
		p.dialog().say("FOO", "")
		p.response(501)
		p.dialog().say("NOTIFY", "")
		p.response(481)
		p.dialog().say("CANCEL", "")
		p.response(481)
	})
}

func TestToken(t *testing.T) {
	t.Parallel()
	old := listed()
	old.Tokens = append(old.Tokens, secret.New("vsp_old"))
	for _, c := range []struct {
		name    string
		trunk   *trunk.Trunk
		headers []string
		status  int
		reason  string
	}{
		{"good", open(), []string{"x-snc-param: " + token}, 200, ""},
		{"other case", open(), []string{"X-SNC-PARAM: " + token}, 200, ""},
		{"rotated", old, []string{"x-snc-param: vsp_old"}, 200, ""},
		{"wrong", old, []string{"x-snc-param: vsp_older"}, 403, sipua.ReasonTokenUnknown},
		{"duplicated", old, []string{"x-snc-param: " + token, "x-snc-param: " + token}, 403, sipua.ReasonTokenUnknown},
		{"folded", old, []string{"x-snc-param: " + token[:8] + "\r\n " + token[8:]}, 403, sipua.ReasonTokenUnknown},
		{"4 KB", old, []string{"x-snc-param: " + strings.Repeat("a", 4096)}, 403, sipua.ReasonTokenUnknown},
		{"with a zero byte", old, []string{"x-snc-param: " + token + "\x00"}, 403, sipua.ReasonTokenUnknown},
	} {
		both(t, "SIP-06 token "+c.name, func(t *testing.T, transport sipua.Transport) {
			r := start(t, options{trunks: []*trunk.Trunk{c.trunk}})
			d := r.dial(transport).dialog()
			d.say("INVITE", offer, c.headers...)
			res := d.response(c.status)
			if c.status != 200 {
				require.Equal(t, []string{c.reason}, r.reasons())
				require.Contains(t, res.GetHeader("warning").Value(), "399 va.example.com")
				require.NotContains(t, res.String(), "vsp_")
			}
		})
	}
	both(t, "SIP-06 token absent", func(t *testing.T, transport sipua.Transport) {
		none := listed()
		none.Numbers = nil
		r := start(t, options{trunks: []*trunk.Trunk{none}})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer)
		d.response(403)
		require.Equal(t, []string{sipua.ReasonTokenMissing}, r.reasons())
	})
	both(t, "the token of a trunk that lists other sources", func(t *testing.T, transport sipua.Transport) {
		other := elsewhere()
		other.Tokens = []secret.Value{secret.New("vsp_elsewhere")}
		r := start(t, options{trunks: []*trunk.Trunk{listed(), other}})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer, "x-snc-param: vsp_elsewhere")
		d.response(403)
		require.Equal(t, []string{sipua.ReasonTokenSource}, r.reasons())
	})
	both(t, "SIP-06 srtp required without TLS", func(t *testing.T, transport sipua.Transport) {
		tls := listed()
		tls.SRTP = trunk.SRTPRequired
		r := start(t, options{trunks: []*trunk.Trunk{tls}})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer)
		d.response(403)
		require.Equal(t, []string{sipua.ReasonTLS}, r.reasons())
	})
	both(t, "an inactive channel", func(t *testing.T, transport sipua.Transport) {
		inactive := listed()
		inactive.Active = false
		r := start(t, options{trunks: []*trunk.Trunk{inactive}})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer)
		d.response(480)
		require.Equal(t, []string{sipua.ReasonInactive}, r.reasons())
	})
}

func TestForeignDialogB12(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		trunk *trunk.Trunk
		edit  func(*dialog)
		from  string
		want  int
	}{
		{"SIP-22 a wrong To tag", listed(), func(d *dialog) { d.toTag = "guess" }, "127.0.0.1", 481},
		{"SIP-22 a wrong From tag", listed(), func(d *dialog) { d.fromTag = "guess" }, "127.0.0.1", 481},
		{"SIP-22 a wrong Call-ID", listed(), func(d *dialog) { d.callID = "guess" }, "127.0.0.1", 481},
		{"SIP-22 right tags from elsewhere, without a list", open(), func(*dialog) {}, "127.0.0.2", 481},
		{"right tags from elsewhere within the list", listed(), func(*dialog) {}, "127.0.0.2", 200},
	} {
		for _, method := range []string{"BYE", "INVITE", "UPDATE"} {
			t.Run(c.name+" "+method, func(t *testing.T) {
				t.Parallel()
				r := start(t, options{trunks: []*trunk.Trunk{c.trunk}})
				d := r.dial(sipua.UDP).dialog()
				d.establish("x-snc-param: " + token)
				r.call()
				other := *d
				other.peer = r.dialFrom(sipua.UDP, c.from)
				c.edit(&other)
				other.say(method, "")
				other.response(c.want)
				if c.want != 200 {
					require.Equal(t, 1, r.Calls(), "the call goes on")
				}
			})
		}
	}
}

// TestDestinationB9 lets Contact and Record-Route point elsewhere: requests of
// the gateway go to where the call came from.
func TestDestinationB9(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, contact string
		headers       []string
	}{
		{"SIP-21 the metadata service", "<sip:x@169.254.169.254>", nil},
		{"SIP-21 a victim", "<sip:x@192.0.2.1:9>", nil},
		{"SIP-21 a name", "<sip:x@victim.example.com>", nil},
		{"SIP-21 a multicast group", "<sip:x@224.0.0.1>", nil},
		{"SIP-21 a broadcast", "<sip:x@255.255.255.255>", nil},
		{"SIP-21 another transport", "<sip:x@192.0.2.1;transport=tcp>", nil},
		{"SIP-21 another scheme", "<sips:x@192.0.2.1>", nil},
		{"SIP-21 a route", "<sip:x@192.0.2.1>", []string{"Record-Route: <sip:169.254.169.254;lr>"}},
	} {
		both(t, c.name, func(t *testing.T, transport sipua.Transport) {
			r := start(t, options{})
			d := r.dial(transport).dialog()
			d.contact = c.contact
			d.say("INVITE", offer, c.headers...)
			d.answered(d.response(200))
			d.say("ACK", "")
			r.goodbye(d.peer)
		})
	}
	t.Run("a listed address in Contact", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{})
		d := r.dial(sipua.UDP).dialog()
		other := r.dialFrom(sipua.UDP, "127.0.0.3")
		d.contact = fmt.Sprintf("<sip:x@%s>", other.local)
		d.establish()
		r.goodbye(other)
	})
}

// TestMutations drops and changes every header for every method.
func TestMutations(t *testing.T) {
	t.Parallel()
	both(t, "SIP-16 every header dropped or changed", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{edit: func(c *sipua.Config) { c.Rate, c.Burst = 1e6, 1e6 }})
		for _, method := range []string{
			"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "INFO", "NOTIFY", "REGISTER", "REFER", "FOO",
		} {
			lines := strings.Split(r.sample(transport, method), "\r\n")
			for i := range lines {
				for _, change := range []string{"", "x", ": : :", strings.Repeat("a", 300), "\xff\xfe", ";;;=;"} {
					changed := append([]string(nil), lines...)
					name, _, _ := strings.Cut(lines[i], ":")
					switch {
					case change == "":
						changed = append(changed[:i], changed[i+1:]...)
					case i == 0:
						changed[i] = method + " " + change + " SIP/2.0"
					default:
						changed[i] = name + ": " + change
					}
					p := r.once(transport)
					_ = p.write([]byte(strings.Join(changed, "\r\n"))) // the server may have closed the connection
				}
			}
		}
		r.dial(transport).alive(r, transport)
	})
}

// once is a peer for one message: a connection that a message has closed is of
// no further use.
func (r *rig) once(transport sipua.Transport) *peer {
	if transport == sipua.TCP {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.shared != nil {
			select {
			case <-r.shared.ended:
			default:
				return r.shared
			}
		}
		r.shared = r.dial(transport)
		return r.shared
	}
	if r.shared == nil {
		r.shared = r.dial(transport)
	}
	return r.shared
}

func (r *rig) sample(transport sipua.Transport, method string) string {
	return r.once(transport).dialog().message(method, offer, "Subject: a", "Record-Route: <sip:127.0.0.1;lr>",
		"Session-Expires: 1800", "Supported: timer", "Event: refer", "x-snc-param: "+token)
}

func TestLogB7SIP24(t *testing.T) {
	t.Parallel()
	var log logtest.Buffer
	r := start(t, options{edit: func(c *sipua.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		c.Rate, c.Burst = 1e6, 1e6
	}})
	p := r.dial(sipua.UDP)
	for i := range 2000 {
		p.send(fmt.Sprintf("INVITE sip:%s SIP/2.0\r\nx-snc-param: %s\r\nVia nonsense %d\r\n\r\n", called, token, i))
	}
	d := p.dialog()
	d.say("INVITE", offer, "Via: nonsense", "x-snc-param: "+token)
	p.alive(r, sipua.UDP)
	text := log.String()
	require.Less(t, strings.Count(text, "\n"), 10)
	require.NotContains(t, text, token)
	require.NotContains(t, text, called)
}
