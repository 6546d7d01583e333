package channeltest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Fixture is what a kind brings to the suite.
type Fixture struct {
	Kind channel.Dialer
	// Create makes a channel of the kind that can reach LiveAgent, and gives
	// the gateway's answer.
	Create func(t *testing.T, g *gatewaytest.Gateway, assistantID string) api.ChannelBody
	// Replace sends a changed body back and gives the answer.
	Replace func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody
	// Rotate gives the channel new credentials and gives the answer.
	Rotate func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody
	// LiveAgent is where a transfer without a name goes.
	LiveAgent string
	// Options are those of every gateway of the suite.
	Options []gatewaytest.Option
}

// Run runs the suite.
func Run(t *testing.T, f Fixture) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, Fixture)
	}{
		{"audio both ways is bit-exact", testAudio},
		{"keys reach the engine", testDTMF},
		{"barge-in clears the leg", testBargeIn},
		{"caller hangs up", testHangup},
		{"assistant ends the call", testEnd},
		{"transfer to the live agent", testTransfer},
		{"engine failure runs the fallback", testEngineFails},
		{"wrong credentials", testWrongCredentials},
		{"credentials of another channel", testForeignCredentials},
		{"disabled channel", testDisabled},
		{"call limit", testLimit},
		{"call limit of the channel", testChannelLimit},
		{"call limits are exact", testRush},
		{"rotation overlap", testRotation},
		{"drain", testDrain},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, f)
		})
	}
}

// setup is a gateway with one channel whose engine is the probe.
type setup struct {
	Fixture
	g     *gatewaytest.Gateway
	probe *probe
	body  api.ChannelBody
	creds map[string]string
}

func start(t *testing.T, f Fixture, options ...gatewaytest.Option) *setup {
	t.Helper()
	p := newProbe()
	options = append(append(options, f.Options...), gatewaytest.WithEngine(api.EngineKindScripted, p))
	g := gatewaytest.Start(t, options...)
	var a api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants",
		api.Assistant{Name: "suite", GreetingMode: api.CallerFirst}, &a, api.Write{}))
	body := f.Create(t, g, a.ID)
	return &setup{Fixture: f, g: g, probe: p, body: body, creds: body.Common().Credentials}
}

func (s *setup) dial(t *testing.T, creds map[string]string) (channel.Line, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return s.Kind.Dial(ctx, channel.Placement{
		Body: s.body, Credentials: creds, From: "+14155550100", To: "+14155550199",
	})
}

func (s *setup) answered(t *testing.T) (channel.Line, *conversation) {
	t.Helper()
	line, err := s.dial(t, s.creds)
	require.NoError(t, err)
	t.Cleanup(line.Hangup)
	return line, s.probe.next(t)
}

func end(t *testing.T, line channel.Line) channel.LineEnd {
	t.Helper()
	go func() { // the ear must stay open until the line closes
		for range line.Heard() {
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := line.Wait(ctx)
	require.NoError(t, err)
	return e
}

// record waits for the finished call record.
func (s *setup) record(t *testing.T, line channel.Line) api.Call {
	t.Helper()
	path := "/v1/calls?channel_id=" + s.body.Common().ID + "&provider_call_id=" + line.ProviderCallID()
	var page api.Page[api.Call]
	require.Eventually(t, func() bool {
		return s.g.Client.Get(t.Context(), path, &page) == nil && len(page.Items) == 1 && page.Items[0].EndedAt != nil
	}, patience, 20*time.Millisecond)
	return page.Items[0]
}

// tone is a second of audio that no codec table maps onto itself by accident:
// every byte value in turn, silence left out.
func tone(line channel.Line) []byte {
	data := make([]byte, line.Format().FrameBytes()*50)
	for i := range data {
		data[i] = byte(i*7%250 + 1)
	}
	return data
}

func testAudio(t *testing.T, f Fixture) {
	s := start(t, f)
	line, conv := s.answered(t)
	want := tone(line)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		size := line.Format().FrameBytes()
		for i := 0; i < len(want); i += size { // the line's own clock paces it
			if line.Send(want[i:i+size]) != nil {
				return
			}
		}
	}()
	conv.speak("1", want)
	var heard []byte
	limit := time.After(patience)
	for !bytes.Contains(heard, want) {
		select {
		case h, ok := <-line.Heard():
			require.True(t, ok, "the call ended")
			heard = append(heard, h.Frame...)
		case <-limit:
			require.FailNow(t, "the caller did not hear the tone bit-exact")
		}
	}
	<-sent
	conv.waitHeard(t, func(caller []byte) bool { return bytes.Contains(caller, want) })
	line.Hangup()
	end(t, line)
}

func testDTMF(t *testing.T, f Fixture) {
	s := start(t, f)
	line, conv := s.answered(t)
	for _, digit := range []byte("10*#") {
		require.NoError(t, line.Press(digit))
		require.Equal(t, call.DTMF{Digit: digit}, command[call.DTMF](t, conv))
	}
	line.Hangup()
	end(t, line)
	for _, turn := range s.record(t, line).Turns {
		require.Equal(t, "[key]", turn.Text, "digits are redacted")
	}
}

func testBargeIn(t *testing.T, f Fixture) {
	s := start(t, f)
	line, conv := s.answered(t)
	long := bytes.Repeat(tone(line), 5)
	conv.speak("1", long)
	heard := 0
	limit := time.After(patience)
	for heard < 25 { // half a second of the five
		select {
		case h := <-line.Heard():
			if !silent(line, h.Frame) {
				heard++
			}
		case <-limit:
			require.FailNow(t, "nothing was heard")
		}
	}
	conv.send(call.Event{Kind: call.EventSpeechStarted})
	interrupt := command[call.Interrupt](t, conv)
	require.Equal(t, "1", interrupt.Item)
	require.InDelta(t, heard*20, interrupt.PlayedMS, 250)
	cleared := false
	for after := 0; after < 50; after++ {
		select {
		case h := <-line.Heard():
			cleared = cleared || h.Cleared
			if cleared {
				require.True(t, silent(line, h.Frame), "audio of the interrupted utterance after the clear")
			}
		case <-limit:
			require.FailNow(t, "the line is stuck")
		}
	}
	require.True(t, cleared)
	line.Hangup()
	end(t, line)
	require.EqualValues(t, 1, s.record(t, line).Stats.Interruptions)
}

func silent(line channel.Line, frame []byte) bool {
	silence := make([]byte, len(frame))
	line.Format().Silence(silence)
	return bytes.Equal(frame, silence)
}

func testHangup(t *testing.T, f Fixture) {
	s := start(t, f)
	line, _ := s.answered(t)
	line.Hangup()
	require.False(t, end(t, line).ByGateway)
	record := s.record(t, line)
	require.Equal(t, string(call.ReasonCallerHangup), record.EndReason)
	require.Equal(t, string(call.OutcomeCallerHangup), record.Outcome)
	require.NotNil(t, record.AnsweredAt)
}

func testEnd(t *testing.T, f Fixture) {
	s := start(t, f)
	line, conv := s.answered(t)
	conv.speak("bye", tone(line))
	conv.tool(call.ToolEnd, "{}")
	e := end(t, line)
	require.True(t, e.ByGateway)
	require.Equal(t, "hangup", e.Next)
	require.Equal(t, string(call.OutcomeResolved), s.record(t, line).Outcome)
}

func testTransfer(t *testing.T, f Fixture) {
	s := start(t, f)
	line, conv := s.answered(t)
	conv.tool(call.ToolTransfer, `{"destination":"nobody"}`)
	require.Equal(t, "unknown_destination", command[call.ToolResult](t, conv).Err)
	conv.tool(call.ToolTransfer, `{"destination":""}`)
	e := end(t, line)
	require.Equal(t, "transfer", e.Next)
	require.Equal(t, s.LiveAgent, e.Target)
	record := s.record(t, line)
	require.Equal(t, string(call.OutcomeTransferred), record.Outcome)
	require.Equal(t, s.LiveAgent, record.Transfer.Destination)
}

func testEngineFails(t *testing.T, f Fixture) {
	s := start(t, f)
	s.probe.refuse = errors.New("the backend is down")
	line, err := s.dial(t, s.creds)
	require.NoError(t, err)
	t.Cleanup(line.Hangup)
	e := end(t, line)
	require.True(t, e.ByGateway)
	require.Equal(t, "transfer", e.Next, "the fallback is the live agent")
	require.Equal(t, string(call.ReasonEngineFailed), s.record(t, line).EndReason)
}

func (s *setup) refusedWith(t *testing.T, creds map[string]string) {
	t.Helper()
	_, err := s.dial(t, creds)
	var refused *channel.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Empty(t, s.probe.opened, "the engine was dialled for a refused call")
}

func (s *setup) refusals(t *testing.T) []api.Refusal {
	t.Helper()
	var page api.Page[api.Refusal]
	require.NoError(t, s.g.Client.Get(t.Context(), "/v1/channels/"+s.body.Common().ID+"/refusals", &page))
	return page.Items
}

func testWrongCredentials(t *testing.T, f Fixture) {
	s := start(t, f)
	wrong := maps.Clone(s.creds)
	for name := range wrong {
		wrong[name] = "wrong-" + wrong[name]
	}
	s.refusedWith(t, wrong)
	refusals := s.refusals(t)
	require.NotEmpty(t, refusals)
	require.NotEmpty(t, refusals[0].Reason)
	require.NotEmpty(t, refusals[0].Detail)
	line, _ := s.answered(t) // a good call works after it
	line.Hangup()
	end(t, line)
	for _, secret := range s.creds {
		require.NotContains(t, s.g.Log(), secret)
	}
}

func testForeignCredentials(t *testing.T, f Fixture) {
	s := start(t, f)
	other := f.Create(t, s.g, s.body.Common().AssistantID)
	foreign := f.Rotate(t, s.g, other).Common().Credentials
	require.NotEqual(t, s.creds, foreign)
	s.refusedWith(t, foreign)
}

func testDisabled(t *testing.T, f Fixture) {
	s := start(t, f)
	s.body.Common().Enabled = new(false)
	s.body = f.Replace(t, s.g, s.body)
	s.refusedWith(t, s.creds)
	require.Equal(t, api.StatusInactive, s.body.Common().Status)
}

func testLimit(t *testing.T, f Fixture) {
	s := start(t, f, gatewaytest.WithMaxCalls("1"))
	s.limited(t, "gateway_call_limit")
}

func testChannelLimit(t *testing.T, f Fixture) {
	s := start(t, f)
	other := f.Create(t, s.g, s.body.Common().AssistantID)
	s.body.Common().MaxConcurrentCalls = 1
	s.body = f.Replace(t, s.g, s.body)
	require.EqualValues(t, 1, s.body.Common().MaxConcurrentCalls)
	s.limited(t, "channel_call_limit")

	line, _ := s.answered(t)
	elsewhere := &setup{Fixture: f, g: s.g, probe: s.probe, body: other, creds: other.Common().Credentials}
	there, _ := elsewhere.answered(t) // the limit is the channel's own
	s.body.Common().MaxConcurrentCalls = 2
	s.body = f.Replace(t, s.g, s.body)
	second, _ := s.answered(t) // a change holds for the next call
	for _, l := range []channel.Line{line, there, second} {
		l.Hangup()
		end(t, l)
	}
}

// testRush lets a hundred calls arrive at once.
func testRush(t *testing.T, f Fixture) {
	for _, c := range []struct {
		name          string
		most          string
		channel, want int64
	}{{"of the gateway", "7", 9, 7}, {"of the channel", "100", 5, 5}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, f, gatewaytest.WithMaxCalls(c.most))
			s.body.Common().MaxConcurrentCalls = c.channel
			s.body = f.Replace(t, s.g, s.body)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			lines, errs := make([]channel.Line, 100), make([]error, 100)
			var wg sync.WaitGroup
			for i := range lines {
				wg.Go(func() {
					lines[i], errs[i] = s.Kind.Dial(ctx, channel.Placement{
						Body: s.body, Credentials: s.creds, From: "+14155550100", To: "+14155550199",
					})
				})
			}
			wg.Wait()
			var admitted int64
			for i, line := range lines {
				var refused *channel.RefusedError
				if errors.As(errs[i], &refused) {
					continue
				}
				require.NoError(t, errs[i])
				admitted++
				line.Hangup()
				end(t, line)
			}
			require.Equal(t, c.want, admitted)
		})
	}
}

// limited proves a limit of one call and the reason it gives.
func (s *setup) limited(t *testing.T, reason string) {
	t.Helper()
	line, _ := s.answered(t)
	s.refusedWith(t, s.creds)
	refusals := s.refusals(t)
	require.Len(t, refusals, 1)
	require.Equal(t, reason, refusals[0].Reason)
	require.NotEmpty(t, refusals[0].Remote)
	line.Hangup()
	end(t, line)
	s.record(t, line)
	again, _ := s.answered(t)
	again.Hangup()
	end(t, again)
	s.record(t, again)
}

// PRD-04, TW-08: both generations work during the overlap.
func testRotation(t *testing.T, f Fixture) {
	s := start(t, f)
	running, _ := s.answered(t)
	rotated := f.Rotate(t, s.g, s.body)
	fresh := rotated.Common().Credentials
	require.NotEqual(t, s.creds, fresh)
	require.Greater(t, rotated.Common().CredentialsVersion, s.body.Common().CredentialsVersion)
	for _, creds := range []map[string]string{s.creds, fresh} {
		line, err := s.dial(t, creds)
		require.NoError(t, err)
		s.probe.next(t)
		line.Hangup()
		end(t, line)
	}
	require.NoError(t, running.Send(make([]byte, running.Format().FrameBytes())), "a running call is untouched")
	running.Hangup()
	end(t, running)

	rotated.Common().RotationOverlap = new(api.Duration(0))
	ended := f.Rotate(t, s.g, rotated)
	s.refusedWith(t, fresh)
	line, err := s.dial(t, ended.Common().Credentials)
	require.NoError(t, err)
	s.probe.next(t)
	line.Hangup()
	end(t, line)
}

// TW-17: a drain refuses new calls and finishes running ones.
func testDrain(t *testing.T, f Fixture) {
	s := start(t, f, gatewaytest.WithDrainTimeout("20s"))
	line, conv := s.answered(t)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.g.Stop()
	}()
	require.Eventually(t, func() bool { return !s.g.Ready(t) }, patience, 20*time.Millisecond)
	s.refusedWith(t, s.creds)
	conv.speak("bye", tone(line))
	conv.tool(call.ToolEnd, "{}")
	require.Equal(t, "hangup", end(t, line).Next, "the action request is answered while draining")
	<-stopped
}
