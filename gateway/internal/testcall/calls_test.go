package testcall_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

const (
	callsDir     = "../../../testdata/calls"
	artefactsDir = "../../../build/calls"
)

// atOnce is how many calls run at a time: most of a call is waiting, but more
// of them would measure each other.
const atOnce = 4

// TestCallsENG01 places every call of testdata/calls on a real gateway, over its
// public endpoint. README.md there describes the files.
func TestCallsENG01(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join(callsDir, "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	require.NoError(t, os.MkdirAll(artefactsDir, 0o755))
	onSQLite := gatewaytest.Start(t)
	onPostgres := gatewaytest.Start(t, gatewaytest.WithPostgres(pgtest.DSN(t)))
	var about api.Gateway
	require.NoError(t, onSQLite.Client.Get(t.Context(), "/v1/gateway", &about))

	var all []*callCase
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		require.NoError(t, err)
		of := cases(t, strings.TrimSuffix(filepath.Base(path), ".txtar"), archive)
		for _, c := range of {
			c.client = onSQLite.Client
			if c.onBothStores() {
				other := *c
				other.name, other.client = c.name+" on PostgreSQL", onPostgres.Client
				all = append(all, &other)
			}
		}
		all = append(all, of...)
	}
	var calls sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, c := range all {
		if c.lacking = c.lacks(about.Speech); c.lacking != "" {
			continue
		}
		calls.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			c.failed = c.place(t.Context(), c.client)
		})
	}
	calls.Wait()
	for _, c := range all {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			if c.lacking != "" {
				t.Skipf("%s is not installed", c.lacking)
			}
			c.judge(t)
		})
	}
}

// callCase is one call of an archive, and what became of it.
type callCase struct {
	kind, name string
	files      map[string]string // in the case's directory, and the shared ones
	client     *api.Client       // of the gateway that takes the call

	lacking string // a program that is not installed
	steps   []testcall.Step
	result  testcall.Result
	failed  error
}

// onBothStores: a call in which most happens, speech, keys, an interruption, a
// transfer. The others run on one store.
func (c *callCase) onBothStores() bool {
	return strings.Contains(c.name, "spoken-transfer") || strings.Contains(c.name, "barge-in-key")
}

func cases(t *testing.T, kind string, archive *txtar.Archive) []*callCase {
	t.Helper()
	shared := map[string]string{}
	var all []*callCase
	for _, f := range archive.Files {
		name, file, inCase := strings.Cut(f.Name, "/")
		if !inCase {
			shared[f.Name] = string(f.Data)
			continue
		}
		at := slices.IndexFunc(all, func(c *callCase) bool { return c.name == name })
		if at < 0 {
			at = len(all)
			all = append(all, &callCase{kind: kind, name: name, files: map[string]string{}})
		}
		all[at].files[file] = string(f.Data)
	}
	require.NotEmpty(t, all)
	for _, c := range all {
		for name, data := range shared {
			if _, own := c.files[name]; !own {
				c.files[name] = data
			}
		}
		for _, name := range []string{"assistant.json", "channel.json", "script", "want"} {
			require.Contains(t, c.files, name, "case %s", c.name)
		}
	}
	return all
}

// lacks names a program that the case needs and the gateway has not found.
func (c *callCase) lacks(found api.Speech) string {
	for _, need := range strings.Fields(c.files["needs"]) {
		if need != found.TTS && need != found.STT {
			return need
		}
	}
	return ""
}

// place makes the assistant and the channel and calls it.
func (c *callCase) place(ctx context.Context, client *api.Client) error {
	var assistant, body map[string]any
	if err := errors.Join(
		json.Unmarshal([]byte(c.files["assistant.json"]), &assistant),
		json.Unmarshal([]byte(c.files["channel.json"]), &body),
	); err != nil {
		return err
	}
	assistant["name"] = c.kind + " " + c.name
	var created api.Assistant
	if err := client.Post(ctx, "/v1/assistants", assistant, &created, api.Write{}); err != nil {
		return err
	}
	body["assistant_id"] = created.ID
	var made api.Channel
	if err := client.Post(ctx, "/v1/channels/"+c.kind, body, &made, api.Write{}); err != nil {
		return err
	}
	var kinds []channel.Kind
	for _, k := range channelall.Kinds() {
		kinds = append(kinds, k.Kind)
	}
	target, err := testcall.Find(ctx, client, kinds, made.ID)
	if err != nil {
		return err
	}
	if c.steps, err = testcall.ParseScript(c.files["script"]); err != nil {
		return err
	}
	speaker := speech.New(speech.Options{})
	plan := testcall.Plan{
		Steps: c.steps, Speak: testcall.CallerVoice(speaker),
		Placement: channel.Placement{From: "+14155550100", To: "+14155550199"},
	}
	c.result, err = testcall.Place(ctx, client, target, plan, testcall.AssistantVoice(speaker, target.Assistant))
	return err
}

// judge compares the call with what was wanted.
func (c *callCase) judge(t *testing.T) {
	t.Helper()
	c.keep(t)
	require.NoError(t, c.failed)
	var want, checks []string
	for line := range strings.Lines(c.files["want"]) {
		line = strings.TrimSpace(line)
		if check, ok := strings.CutPrefix(line, "check "); ok {
			checks = append(checks, check)
		} else if line != "" && !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	require.Empty(t, cmp.Diff(want, told(c.result)))
	for _, check := range checks {
		c.check(t, check)
	}
}

// keep leaves the sound and the transcript for people.
func (c *callCase) keep(t *testing.T) {
	t.Helper()
	base := filepath.Join(artefactsDir, c.kind+"-"+strings.ReplaceAll(c.name, " ", "-"))
	var text bytes.Buffer
	require.NoError(t, testcall.Print(&text, c.result.Report, c.result.Lines))
	require.NoError(t, os.WriteFile(base+".txt", text.Bytes(), 0o644))
	if len(c.result.Heard.Samples) == 0 {
		return
	}
	var wav bytes.Buffer
	require.NoError(t, audio.WriteWAV(&wav, c.result.Heard))
	require.NoError(t, os.WriteFile(base+".wav", wav.Bytes(), 0o644))
}

// told is a call in the words of a want file.
func told(r testcall.Result) []string {
	var lines []string
	for _, l := range r.Lines {
		interrupted := ""
		if l.Interrupted {
			interrupted = " (interrupted)"
		}
		lines = append(lines, fmt.Sprintf("%s%s: %s", l.Role, interrupted, l.Text))
	}
	end := "end: caller"
	if r.End.ByGateway {
		end = strings.TrimSpace("end: " + r.End.Next + " " + r.End.Target)
	}
	return append(lines, end)
}

// check measures what a line of text cannot say.
func (c *callCase) check(t *testing.T, check string) {
	t.Helper()
	r := c.result
	what, limit, _ := strings.Cut(check, " < ")
	under := func(ms *int64) {
		d, err := time.ParseDuration(limit)
		require.NoError(t, err, check)
		require.NotNil(t, ms, check)
		require.Less(t, time.Duration(*ms)*time.Millisecond, d, check)
	}
	switch what {
	case "first audio":
		under(r.FirstAudioMS)
	case "latency":
		for _, turn := range r.Turns {
			under(turn.LatencyMS)
		}
	case "clear":
		under(r.Turns[0].ClearMS)
	case "playback": // what the caller said last comes back
		last := c.steps[len(c.steps)-1].Say
		sound, err := testcall.CallerVoice(speech.New(speech.Options{}))(t.Context(), last)
		require.NoError(t, err)
		_, score, err := audio.Align(sound, r.Heard)
		require.NoError(t, err)
		require.GreaterOrEqual(t, score, testcall.MinScore, "what the caller said was not played back")
	default:
		require.Fail(t, "unknown check", check)
	}
}
