package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

// callCommand places a call on a channel as its platform does, over the
// channel's real public endpoint. Its exit status is 0 only if every sentence
// that the gateway's record calls heard was heard, and the call came to what
// --expect says.
type callCommand struct {
	AdminURL  string `env:"VA_ENDPOINT" default:"http://127.0.0.1:8081" help:"Admin API of the gateway."`
	Token     string `env:"VA_TOKEN" help:"Admin token; needs credentials:read, channels:read, assistants:read, calls:read."`
	TokenFile string `type:"path" default:"./va-data/admin-token" help:"File with the admin token, read without --token."`
	Channel   string `placeholder:"chn_…" help:"Channel to call; may be left out when there is only one."`

	Say    []string `sep:"none" placeholder:"TEXT" help:"Say a text. --say, --wav and --digits are done in their order."`
	WAV    []string `name:"wav" sep:"none" type:"existingfile" placeholder:"FILE" help:"Play a WAV file to the assistant."`
	Digits []string `sep:"none" placeholder:"KEYS" help:"Press keys: 0-9 * # A-D."`
	Script string   `type:"existingfile" placeholder:"FILE" help:"Steps from a file, one a line, before all others."`

	From    string        `default:"+14155550100" help:"Number of the caller."`
	To      string        `default:"+14155550199" help:"Number that was called."`
	Timeout time.Duration `default:"1m" help:"Longest duration of the call."`
	Expect  string        `enum:"speech,transfer,end" default:"speech" help:"What the call must come to: ${enum}."`
	Out     string        `type:"path" placeholder:"FILE" help:"Write what the caller heard to a WAV file."`
	JSON    bool          `name:"json" help:"Print the report as JSON."`
}

// Run places the call.
func (c *callCommand) Run(ctx context.Context, parsed *kong.Context) error {
	steps, err := c.steps(parsed)
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	defer client.CloseIdle()
	var kinds []channel.Kind
	for _, k := range channelall.Kinds() {
		kinds = append(kinds, k.Kind)
	}
	target, err := testcall.Find(ctx, client, kinds, c.Channel)
	if err != nil {
		return err
	}
	speaker := speech.New(speech.Options{})
	if len(c.Say) > 0 && speaker.Name() == speech.ModeEmbedded {
		fmt.Fprintln(os.Stderr, "gateway: espeak-ng is not installed: a recorded prompt is said in place of most texts")
	}
	plan := testcall.Plan{
		Steps: steps, Speak: testcall.CallerVoice(speaker), Timeout: c.Timeout,
		Placement: channel.Placement{From: c.From, To: c.To},
	}
	result, err := testcall.Place(ctx, client, target, plan, testcall.AssistantVoice(speaker, target.Assistant))
	var refused *channel.RefusedError
	switch {
	case errors.As(err, &refused) && result.ProviderCallID == "":
		return errors.Join(err, c.refusal(ctx, client, target.Placement.Body.Common().ID))
	case result.ProviderCallID == "":
		return err
	}
	if err == nil {
		err = testcall.Expectation(c.Expect).Check(result.Report, result.Lines)
	}
	return errors.Join(c.show(result), err)
}

// steps gives the script and then the steps of the flags, in the order in
// which they were written.
func (c *callCommand) steps(parsed *kong.Context) ([]testcall.Step, error) {
	var steps []testcall.Step
	if c.Script != "" {
		text, err := os.ReadFile(c.Script)
		if err != nil {
			return nil, fmt.Errorf("read the script: %w", err)
		}
		if steps, err = testcall.ParseScript(string(text)); err != nil {
			return nil, fmt.Errorf("script %s: %w", c.Script, err)
		}
	}
	next := map[string]int{}
	for _, p := range parsed.Path {
		if p.Flag == nil {
			continue
		}
		n := next[p.Flag.Name]
		next[p.Flag.Name]++
		switch p.Flag.Name {
		case "say":
			steps = append(steps, testcall.Step{Say: c.Say[n]})
		case "digits":
			steps = append(steps, testcall.Step{Keys: c.Digits[n]})
		case "wav":
			sound, err := readWAV(c.WAV[n])
			if err != nil {
				return nil, err
			}
			steps = append(steps, testcall.Step{Sound: sound})
		}
	}
	return steps, nil
}

func readWAV(path string) (audio.Sound, error) {
	f, err := os.Open(path)
	if err != nil {
		return audio.Sound{}, fmt.Errorf("open the sound: %w", err)
	}
	defer f.Close()
	sound, err := audio.ReadWAV(f)
	if err != nil {
		return audio.Sound{}, fmt.Errorf("sound %s: %w", path, err)
	}
	return sound, nil
}

func (c *callCommand) client() (*api.Client, error) {
	token := c.Token
	if token == "" {
		text, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the admin token (set VA_TOKEN, --token or --token-file): %w", err)
		}
		token = strings.TrimSpace(string(text))
	}
	client, err := api.NewClient(api.ClientConfig{Endpoint: c.AdminURL, Token: token, UserAgent: "va-gateway/" + version})
	if err != nil {
		return nil, fmt.Errorf("admin API: %w", err)
	}
	return client, nil
}

// refusal adds the gateway's own reason, which the platform is never told.
func (*callCommand) refusal(ctx context.Context, client *api.Client, channelID string) error {
	var page api.Page[api.Refusal]
	if err := client.Get(ctx, "/v1/channels/"+channelID+"/refusals", &page); err != nil {
		return fmt.Errorf("read the refusals: %w", err)
	}
	if len(page.Items) == 0 {
		return nil
	}
	last := page.Items[0]
	return fmt.Errorf("the channel's last refusal, at %s: %s, %s (%s)",
		last.At.Format(time.TimeOnly), last.Step, last.Reason, last.Detail)
}

// show prints the report and writes the sound.
func (c *callCommand) show(r testcall.Result) error {
	if c.Out != "" {
		var b bytes.Buffer
		if err := audio.WriteWAV(&b, r.Heard); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(c.Out), 0o755); err != nil {
			return fmt.Errorf("write the sound: %w", err)
		}
		if err := os.WriteFile(c.Out, b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write the sound: %w", err)
		}
	}
	if c.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	if err := testcall.Print(os.Stdout, r.Report, r.Lines); err != nil {
		return err
	}
	if c.Out != "" {
		fmt.Printf("heard          %s\n", c.Out)
	}
	return nil
}
