package server_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// outage is a gateway whose PostgreSQL is stopped and started under it.
type outage struct {
	*rig
	db *pgtest.Server
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	db := pgtest.Own(t)
	return &outage{newRig(t, gatewaytest.WithPostgres(db.URL),
		gatewaytest.WithKeyFile(filepath.Join(t.TempDir(), "kek"))), db}
}

// write tries to change the configuration.
func (o *outage) write(name string) (status int) {
	status, _ = o.admin(http.MethodPost, "/v1/assistants", o.Token, `{"name":"`+name+`"}`)
	return status
}

// recovered waits until the configuration can be written again.
func (o *outage) recovered(name string) {
	o.t.Helper()
	require.Eventually(o.t, func() bool {
		return o.write(name) < http.StatusMultipleChoices
	}, patience, 50*time.Millisecond)
}

// With the database gone, what is known goes on, and what would need the
// database is refused: nothing is let in that would not be let in otherwise.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"SEC-07 known channels go on, everything else is 503, nothing is open", testAwayNeverOpen},
		{"LIB-08 known channels answer and recovery needs no restart", testAwayRecovers},
		{"fifty running calls are untouched and their records complete", testAwayRunningCalls},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

func testAwayNeverOpen(t *testing.T) {
	o := newOutage(t)
	stored := streamURL(t, o.ask(o.a, "voice", about(newSID()))) // with its ticket in the database
	o.db.Stop(t)
	require.Equal(t, http.StatusServiceUnavailable, o.write("new"))
	status, _ := o.admin(http.MethodGet, "/v1/assistants", "va_"+secretOf(o.a), "")
	require.NotEqual(t, http.StatusOK, status, "a token nobody can check")
	status, _ = o.admin(http.MethodGet, "/v1/channels/"+o.a.ID+"/credentials", o.Token, "")
	require.Equal(t, http.StatusServiceUnavailable, status, "a read that cannot be audited")
	require.True(t, o.Ready(t), "known channels are served")

	form := about(newSID())
	target := o.step(o.a, "voice")
	status, _ = o.post(target, sign(secretOf(o.b), target, form), form)
	require.Equal(t, http.StatusForbidden, status, "another channel's secret")
	held := streamURL(t, o.ask(o.a, "voice", form)) // with its ticket in memory
	for _, url := range []string{stored, held} {
		_, status = o.upgrade(url, sign(secretOf(o.b), url, nil))
		require.Equal(t, http.StatusForbidden, status)
		var won atomic.Int64
		var racing sync.WaitGroup
		for range 8 {
			racing.Go(func() {
				if o.open(url) == http.StatusSwitchingProtocols {
					won.Add(1)
				}
			})
		}
		racing.Wait()
		require.EqualValues(t, 1, won.Load(), "a ticket is used once without a database, too")
	}
	unknown := o.step(o.a, "media/") + newSID()
	unknown = "ws" + unknown[len("http"):]
	require.NotEqual(t, http.StatusSwitchingProtocols, o.open(unknown), "a ticket nobody minted")

	o.db.Start(t)
	o.recovered("after")
	for _, url := range []string{stored, held} {
		require.Equal(t, http.StatusForbidden, o.open(url), "used while the database was away")
	}
}

func testAwayRecovers(t *testing.T) {
	o := newOutage(t)
	o.db.Stop(t)
	line := o.dial()
	conversation := o.conversation()
	conversation.say(call.Event{Kind: call.EventToolCall, ID: "t", Name: call.ToolTransfer, Args: `{}`})
	end := o.lineEnd(line)
	require.Equal(t, "transfer", end.Next, "the ending is answered from memory")
	require.Equal(t, liveAgent, end.Target)

	o.db.Start(t)
	o.recovered("after")
	record := o.record(line.ProviderCallID())
	require.Equal(t, string(call.OutcomeTransferred), record.Outcome)
	require.Equal(t, fromNumber, record.From)
	require.NotNil(t, record.AnsweredAt)
	o.works()
	c := o.channel(o.assistant())
	require.True(t, o.answers(c))
	require.Eventually(t, func() bool {
		return bytes.Contains([]byte(o.Log()), []byte("changes are announced again"))
	}, patience, 50*time.Millisecond)
}

// talker is a call in which the caller talks to the echo until it is hung up.
type talker struct {
	line channel.Line
	gone chan struct{} // closed when the line is
	over sync.WaitGroup
}

func (o *outage) talk() *talker {
	c := &talker{line: o.dial(), gone: make(chan struct{})}
	o.conversation()
	speech := bytes.Repeat([]byte{0x11}, c.line.Format().FrameBytes())
	c.over.Go(func() {
		for c.line.Send(speech) == nil {
			select {
			case <-c.gone:
				return
			default:
			}
		}
	})
	c.over.Go(func() {
		defer close(c.gone)
		for range c.line.Heard() {
		}
	})
	return c
}

func (c *talker) alive() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

func testAwayRunningCalls(t *testing.T) {
	const calls = 50
	o := newOutage(t)
	var talkers []*talker
	for range calls {
		talkers = append(talkers, o.talk())
	}
	away := func(name string, seconds int) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range seconds {
			<-tick.C
			for n, c := range talkers {
				require.True(t, c.alive(), "call %d was cut %s", n, name)
			}
		}
	}
	end := func(list []*talker) {
		for _, c := range list {
			c.line.Hangup()
		}
		for _, c := range list {
			o.lineEnd(c.line)
			c.over.Wait()
		}
	}
	o.db.Stop(t)
	away("when the database went", 2)
	half := talkers[:calls/2]
	talkers = talkers[calls/2:]
	end(half)
	away("while the database was away", 1)
	o.db.Start(t)
	o.recovered("after")
	away("when the database came back", 2)
	end(talkers)
	for _, c := range append(half, talkers...) {
		record := o.record(c.line.ProviderCallID())
		require.Equal(t, string(call.ReasonCallerHangup), record.EndReason)
		require.Equal(t, api.CallEnded, record.State)
		require.NotNil(t, record.AnsweredAt)
		require.Positive(t, record.Stats.FramesIn)
	}
}
