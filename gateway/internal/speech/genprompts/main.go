// Command genprompts records the prompts of package speech with espeak-ng. Run
// it with `go generate` in that package after prompts.json was changed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

func main() {
	if err := run(context.Background(), "prompts"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	speaker := speech.New(speech.Options{})
	if speaker.Name() != speech.ModeEspeak {
		return errors.New("espeak-ng is not installed")
	}
	for _, p := range speech.Prompts() {
		sound, err := speaker.Render(ctx, speech.Utterance{Text: p.Text})
		if err != nil {
			return fmt.Errorf("prompt %q: %w", p.Name, err)
		}
		data, err := sound.Encode(speech.PromptFormat)
		if err != nil {
			return fmt.Errorf("prompt %q: %w", p.Name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.Name+".ulaw"), data, 0o644); err != nil {
			return fmt.Errorf("prompt %q: %w", p.Name, err)
		}
	}
	return nil
}
