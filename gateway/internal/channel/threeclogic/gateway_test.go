package threeclogic_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/threeclogic/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// patience bounds one call.
const patience = 20 * time.Second

const (
	from = "+14155550100"
	to   = "+14155550199"
)

// world is a real gateway with one channel and an engine that echoes.
type world struct {
	g       *gatewaytest.Gateway
	channel *api.ThreeCLogicChannel
}

func start(t *testing.T, engine call.Engine, change func(*api.Assistant, *api.ThreeCLogicChannel)) *world {
	t.Helper()
	var options []gatewaytest.Option
	if engine != nil {
		options = append(options, gatewaytest.WithEngine(api.EngineKindScripted, engine))
	}
	w := &world{g: gatewaytest.Start(t, options...)}
	assistant := api.Assistant{Name: "desk", GreetingMode: api.CallerFirst}
	in := api.ThreeCLogicChannel{Channel: api.Channel{ProviderApplication: "suite"}}
	if change != nil {
		change(&assistant, &in)
	}
	require.NoError(t, w.g.Client.Post(t.Context(), "/v1/assistants", assistant, &assistant, api.Write{}))
	in.AssistantID = assistant.ID
	w.channel = create(t, w.g, in)
	return w
}

func (w *world) secret() string { return w.channel.Credentials[channel.ClientSecret] }

func (w *world) dial(t *testing.T, p platform.Platform, secret string) (channel.Line, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return p.Dial(ctx, channel.Placement{
		Body: w.channel, Credentials: map[string]string{channel.ClientSecret: secret}, From: from, To: to,
	})
}

// listen collects what the caller hears until the call ends.
func listen(line channel.Line) (heard func() []byte) {
	var all []byte
	var listening sync.WaitGroup
	listening.Go(func() {
		for h := range line.Heard() {
			all = append(all, h.Frame...)
		}
	})
	return func() []byte { listening.Wait(); return all }
}

// outcome asks for what became of a call, with Basic or a token.
func (w *world) outcome(t *testing.T, id, authorization string) (int, channel.OutcomeAnswer) {
	t.Helper()
	r, err := http.NewRequestWithContext(
		t.Context(), http.MethodGet, strings.Replace(w.channel.OutcomeURLTemplate, "{correlation_id}", id, 1), nil)
	require.NoError(t, err)
	r.SetBasicAuth(w.channel.ClientID, w.secret())
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := gatewaytest.HTTP.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	var a channel.OutcomeAnswer
	if res.StatusCode == http.StatusOK {
		require.NoError(t, json.NewDecoder(res.Body).Decode(&a))
	}
	return res.StatusCode, a
}

// post asks the token endpoint.
func (w *world) post(t *testing.T, path string, form url.Values) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, "http://"+w.g.Address+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(w.channel.ClientID, w.secret())
	res, err := gatewaytest.HTTP.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	var token struct {
		Value string `json:"access_token"`
	}
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	_ = json.Unmarshal(text, &token) // an answer without a body has none
	return res.StatusCode, token.Value
}

// TestTCOnTheGateway shows on a real gateway what takes more than the channel
// alone.
func TestTCOnTheGateway(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"3C-01 tone in every format", testTone},
		{"3C-03 methods and generations", testGenerations},
		{"3C-04 and 3C-05 outcome and farewell", testFarewell},
		{"3C-06 3C-07 engine fails, marks are never answered", testNoEchoes},
		{"3C-11 3C-18 refused, and nothing secret is told", testRefused},
		{"3C-15 the engine names what it may not", testUnknownTarget},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

// testTone is vector 7: what the caller says comes back at the same pitch.
func testTone(t *testing.T) {
	type row struct {
		name     string
		platform platform.Platform
		big      bool
	}
	var rows []row
	for _, encoding := range []string{"audio/x-mulaw", "audio/pcmu", "audio/x-alaw", "audio/pcma"} {
		rows = append(rows, row{name: encoding, platform: platform.Platform{
			Format: twiliomedia.MediaFormat{Encoding: encoding, SampleRate: 8000, Channels: 1},
		}})
	}
	for i, encoding := range []string{"audio/x-l16", "audio/x-raw", "audio/l16"} {
		for _, rate := range []int64{8000, 16000, 24000} {
			rows = append(rows, row{name: encoding, big: i == 1, platform: platform.Platform{
				Spelling: twiliomedia.Spelling(i % 2),
				Format:   twiliomedia.MediaFormat{Encoding: encoding, SampleRate: rate, Channels: 1},
			}})
		}
	}
	for _, format := range []string{audiocodes.Linear16, audiocodes.Linear24} {
		rows = append(rows, row{name: format, platform: platform.Platform{
			Protocol: api.ThreeCLogicAudioCodes, Formats: []string{format},
		}})
	}
	little := start(t, enginetest.Echo{}, nil)
	big := start(t, enginetest.Echo{}, func(_ *api.Assistant, c *api.ThreeCLogicChannel) {
		c.L16ByteOrder = api.ThreeCLogicBig
	})
	var calls sync.WaitGroup
	pitches := make([]float64, len(rows))
	for i, r := range rows {
		w := little
		if r.big {
			w = big
		}
		line, err := w.dial(t, r.platform, w.secret())
		require.NoError(t, err)
		t.Cleanup(line.Hangup)
		calls.Go(func() {
			for line.Send(tone(line.Format(), audio.FrameDuration)) == nil { // whole periods
			}
		})
		calls.Go(func() { pitches[i] = pitch(line.Format(), hearSome(line)) })
	}
	calls.Wait()
	for i, r := range rows {
		require.InEpsilon(t, pitchHertz, pitches[i], 0.01, "%s %d", r.name, r.platform.Format.SampleRate)
	}
}

// hearSome collects half a second of sound, hangs up, and gives all that was
// heard.
func hearSome(line channel.Line) (all []byte) {
	f := line.Format()
	silence := make([]byte, f.FrameBytes())
	f.Silence(silence)
	loud := 0
	for h := range line.Heard() {
		all = append(all, h.Frame...)
		if !bytes.Equal(h.Frame, silence) {
			loud++
		}
		if loud == 25 || h.At > patience/2 {
			line.Hangup()
		}
	}
	return all
}

// pitchHertz is that of the tone of testTone.
const pitchHertz = 1000

func tone(f audio.Format, length time.Duration) []byte {
	samples := make([]int16, int(length.Seconds()*float64(f.Rate)))
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(2*math.Pi*pitchHertz*float64(i)/float64(f.Rate)))
	}
	return f.Codec.AppendEncode(nil, samples)
}

// pitch is the frequency of a sound: by the median period, which a gap does not
// change.
func pitch(f audio.Format, data []byte) float64 {
	samples := f.Codec.AppendDecode(nil, data)
	var periods []float64
	last := -1.0
	for i := 1; i < len(samples); i++ {
		a, b := float64(samples[i-1]), float64(samples[i])
		if a >= 0 || b < 0 || b-a < 1000 { // not on the way up, or silence
			continue
		}
		at := float64(i-1) + a/(a-b)
		if last >= 0 {
			periods = append(periods, at-last)
		}
		last = at
	}
	if len(periods) == 0 {
		return 0
	}
	slices.Sort(periods)
	return float64(f.Rate) / periods[len(periods)/2]
}

func testGenerations(t *testing.T) {
	w := start(t, enginetest.Echo{}, func(_ *api.Assistant, c *api.ThreeCLogicChannel) {
		c.AuthMethods = []string{
			api.ThreeCLogicBearer, api.ThreeCLogicBasic, api.ThreeCLogicHeaders, api.ThreeCLogicTicket,
		}
	})
	call := func(auth, secret string) error {
		line, err := w.dial(t, platform.Platform{Auth: auth}, secret)
		if err != nil {
			return err
		}
		heard := listen(line)
		line.Hangup()
		heard()
		_, err = line.Wait(t.Context())
		return err
	}
	first := w.secret()
	running, err := w.dial(t, platform.Platform{}, first)
	require.NoError(t, err)
	hearing := listen(running)
	rotated := replace(t, w.g, w.channel, 1)
	second := rotated.Credentials[channel.ClientSecret]
	for _, auth := range w.channel.AuthMethods {
		require.NoError(t, call(auth, first), "%s, old secret during the overlap", auth)
		require.NoError(t, call(auth, second), "%s, new secret", auth)
	}
	rotated.RotationOverlap = new(api.Duration(0))
	third := replace(t, w.g, rotated, 2).Credentials[channel.ClientSecret]
	var refused *channel.RefusedError
	for _, auth := range w.channel.AuthMethods {
		require.NoError(t, call(auth, third))
		require.ErrorAs(t, call(auth, second), &refused, "%s after the overlap", auth)
		require.Equal(t, http.StatusUnauthorized, refused.Status)
	}
	require.NoError(t, running.Press('#'), "a running call is untouched")
	end, err := running.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "hangup", end.Next)
	hearing()
}

// testFarewell: in each dialect the last word is heard to its end, and the
// outcome is final when the platform sees the end.
func testFarewell(t *testing.T) {
	for _, protocol := range []string{api.ThreeCLogicMediaStreams, api.ThreeCLogicAudioCodes} {
		for key, want := range map[byte]string{'#': "hangup", '0': "transfer"} {
			t.Run(protocol+" "+want, func(t *testing.T) {
				t.Parallel()
				const length = time.Second
				w := start(t, farewell(length), nil)
				line, err := w.dial(t, platform.Platform{Protocol: protocol}, w.secret())
				require.NoError(t, err)
				heard := listen(line)
				status, a := w.outcome(t, line.ProviderCallID(), "")
				if status == http.StatusOK { // it may not be offered yet
					require.Equal(t, "connected", a.Status)
				}
				require.NoError(t, line.Press(key))
				end, err := line.Wait(t.Context())
				require.NoError(t, err)
				status, a = w.outcome(t, line.ProviderCallID(), "")
				require.Equal(t, http.StatusOK, status)
				require.Equal(t, "completed", a.Status)
				require.Equal(t, want, end.Next)
				if want == "transfer" {
					require.Equal(t, platform.Queue, end.Target)
					require.Equal(t, "user_requested", a.TransferReason)
					require.Equal(t, "transfer", a.Disposition)
				} else {
					require.Equal(t, "resolved", a.Disposition)
				}
				f := line.Format()
				tone := f.Codec.AppendDecode(nil, enginetest.Tone(f, length))
				loud := 0
				for _, s := range f.Codec.AppendDecode(nil, heard()) {
					if s != 0 && math.Abs(float64(s)) > 8 {
						loud++
					}
				}
				expected := 0
				for _, s := range tone {
					if math.Abs(float64(s)) > 8 {
						expected++
					}
				}
				require.Equal(t, expected, loud, "every sample of the farewell")

				status, _ = w.outcome(t, "another", "")
				require.Equal(t, http.StatusNotFound, status)
				_, narrow := w.post(t, "/oauth2/token", url.Values{
					"grant_type": {"client_credentials"}, "scope": {"stream:connect"},
				})
				status, _ = w.outcome(t, line.ProviderCallID(), "Bearer "+narrow)
				require.Equal(t, http.StatusForbidden, status)
				_, reader := w.post(t, "/oauth2/token", url.Values{
					"grant_type": {"client_credentials"}, "scope": {"context:read"},
				})
				status, _ = w.outcome(t, line.ProviderCallID(), "Bearer "+reader)
				require.Equal(t, http.StatusOK, status)
			})
		}
	}
}

// testNoEchoes: a platform that answers no mark does not hold up the end, and an
// engine that fails is told after the outcome was stored.
func testNoEchoes(t *testing.T) {
	w := start(t, farewell(500*time.Millisecond), func(a *api.Assistant, _ *api.ThreeCLogicChannel) {
		a.Fallback = api.FallbackEndCall
	})
	header := http.Header{}
	r := http.Request{Header: header}
	r.SetBasicAuth(w.channel.ClientID, w.secret())
	end := func(key string) (int, time.Duration) {
		ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), w.channel.URL, header)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		defer ws.Close()
		id := map[string]string{"#": "mute-ended", "9": "mute-broken"}[key]
		stream := twiliomedia.Start{StreamSID: "s1", CallSID: id, AccountSID: "a", Format: twiliomedia.Mulaw}
		require.NoError(t, ws.WriteMessage(websocket.TextMessage, twiliomedia.AppendStart(nil, 1, &stream)))
		require.NoError(t, ws.WriteMessage(websocket.TextMessage, twiliomedia.AppendDTMF(nil, "s1", 2, key)))
		pressed := time.Now()
		for {
			_, _, err := ws.ReadMessage()
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				status, a := w.outcome(t, id, "")
				require.Equal(t, http.StatusOK, status)
				require.Equal(t, "completed", a.Status)
				if key == "9" {
					require.Equal(t, "error", a.Disposition)
				}
				return closed.Code, time.Since(pressed)
			}
			require.NoError(t, err)
		}
	}
	code, took := end("#")
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Less(t, took, 500*time.Millisecond+4*time.Second)
	code, _ = end("9")
	require.Equal(t, websocket.CloseInternalServerErr, code)
}

// testRefused: every credential that is not good, the engine is not dialled, and
// no secret, token, ticket or number is in a log or an answer.
func testRefused(t *testing.T) {
	var opened atomic.Int64
	w := start(t, refusing{&opened}, func(_ *api.Assistant, c *api.ThreeCLogicChannel) {
		c.AuthMethods = []string{
			api.ThreeCLogicBearer, api.ThreeCLogicBasic, api.ThreeCLogicHeaders, api.ThreeCLogicTicket,
		}
	})
	other := create(t, w.g, api.ThreeCLogicChannel{Channel: api.Channel{
		AssistantID: w.channel.AssistantID, ProviderApplication: "other",
	}})
	status, token := w.post(t, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
	require.Equal(t, http.StatusOK, status)
	status, _ = w.post(t, "/oauth2/revoke", url.Values{"token": {token}})
	require.Equal(t, http.StatusOK, status)
	_, reader := w.post(t, "/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"context:read"},
	})
	foreign := other.Credentials[channel.ClientSecret]
	basic := func(id, secret string) http.Header {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(id, secret)
		return r.Header
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"none", nil, 401},
		{"revoked token", http.Header{"Authorization": {"Bearer " + token}}, 401},
		{"token of another scope", http.Header{"Authorization": {"Bearer " + reader}}, 403},
		{"wrong secret", basic(w.channel.ClientID, "wrong-"+w.secret()), 401},
		{"another channel's", basic(other.ClientID, foreign), 401},
		{"headers", http.Header{"X-Client-Id": {other.ClientID}, "X-Client-Secret": {foreign}}, 401},
		{"ticket", http.Header{"Sec-Websocket-Protocol": {"va.v1, va.ticket." + foreign}}, 401},
	} {
		_, res, err := websocket.DefaultDialer.DialContext(t.Context(), w.channel.URL, tt.header)
		require.ErrorIs(t, err, websocket.ErrBadHandshake, tt.name)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Empty(t, body)
		require.Equal(t, tt.want, res.StatusCode, tt.name)
	}
	require.Zero(t, opened.Load())
	line, err := w.dial(t, platform.Platform{}, w.secret())
	require.NoError(t, err)
	heard := listen(line)
	_, err = line.Wait(t.Context())
	require.NoError(t, err)
	heard()
	require.Positive(t, opened.Load())
	wait := ""
	for range 6 { // then every guess has to wait
		_, res, err := websocket.DefaultDialer.DialContext(t.Context(), w.channel.URL, basic(w.channel.ClientID, "guess"))
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
		require.NoError(t, res.Body.Close())
		if res.StatusCode == http.StatusTooManyRequests {
			wait = res.Header.Get("Retry-After")
		}
	}
	require.NotEmpty(t, wait)
	for _, planted := range []string{w.secret(), foreign, token, reader, from, to} {
		require.NotContains(t, w.g.Log(), planted)
	}
}

// testUnknownTarget: only what the assistant's transfers name is ever dialled.
func testUnknownTarget(t *testing.T) {
	w := start(t, wilful{}, nil)
	line, err := w.dial(t, platform.Platform{}, w.secret())
	require.NoError(t, err)
	heard := listen(line)
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	heard()
	require.Equal(t, "transfer", end.Next, "the fallback")
	require.Equal(t, platform.Queue, end.Target)
	require.Equal(t, "engine_error", end.Detail)
}
