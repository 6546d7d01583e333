package speech

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Names of a Recognizer.
const (
	HearingPocketsphinx = "pocketsphinx"
	HearingNone         = "none"
)

// MaxUtterance is the longest sound in which a phrase is looked for. What is
// longer is no command.
const MaxUtterance = 10 * time.Second

// maxGrammars are kept, one per script in use.
const maxGrammars = 256

// RecognizerOptions say where pocketsphinx is.
type RecognizerOptions struct {
	Log *slog.Logger // nil drops everything
	// Program is empty to look pocketsphinx_batch up on PATH.
	Program string
	// Model is the directory with the acoustic model en-us and the dictionary
	// cmudict-en-us.dict; empty is where Debian's pocketsphinx-en-us has it.
	Model string
	// Concurrent bounds the utterances decoded at a time; 0 is one per
	// processor.
	Concurrent int
}

// Recognizer hears keywords in American English. Its methods may be called
// from any goroutine; mu guards the grammars.
type Recognizer struct {
	log     *slog.Logger
	program string // empty if absent
	model   string
	running gate
	logged  sync.Once

	mu       sync.Mutex
	grammars map[string]*Grammar
}

// Result is what was heard.
type Result struct {
	Keyword string // the phrase that fits best; empty if none does
	// Confidence is from 0 to 1: how much better the phrase explains the sound
	// than any phones in any order do.
	Confidence float64
	// Accepted: the phrase was probably said.
	Accepted bool
	// Sure: it need not be confirmed unless a mistake is costly.
	Sure bool
}

// NewRecognizer looks for pocketsphinx once.
func NewRecognizer(o RecognizerOptions) *Recognizer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Program == "" {
		o.Program = "pocketsphinx_batch"
	}
	if o.Model == "" {
		o.Model = "/usr/share/pocketsphinx/model/en-us"
	}
	if o.Concurrent == 0 {
		o.Concurrent = runtime.NumCPU()
	}
	r := &Recognizer{
		log: o.Log, model: o.Model, running: make(gate, o.Concurrent), grammars: map[string]*Grammar{},
	}
	path, err := exec.LookPath(o.Program)
	if err == nil {
		_, err = os.Stat(r.acoustic())
	}
	if err == nil {
		_, err = os.Stat(r.dictionary())
	}
	if err != nil {
		r.failed(fmt.Errorf("find pocketsphinx: %w", err))
		return r
	}
	r.program = path
	return r
}

func (r *Recognizer) acoustic() string   { return filepath.Join(r.model, "en-us") }
func (r *Recognizer) dictionary() string { return filepath.Join(r.model, "cmudict-en-us.dict") }

// Name is the recogniser found: "pocketsphinx" or "none".
func (r *Recognizer) Name() string {
	if r.program == "" {
		return HearingNone
	}
	return HearingPocketsphinx
}

// Understands says whether the recogniser hears a language, a BCP 47 tag.
func (r *Recognizer) Understands(language string) bool {
	primary, _, _ := strings.Cut(language, "-")
	return r.program != "" && (primary == "" || strings.EqualFold(primary, "en"))
}

// Grammar makes a grammar of phrases, see CheckPhrase. It fails with
// UnknownWordsError for words outside the dictionary. Without a recogniser it
// gives an empty grammar, in which nothing is ever heard.
func (r *Recognizer) Grammar(phrases []string) (*Grammar, error) {
	if r.program == "" {
		return &Grammar{}, nil
	}
	key := strings.Join(slices.Sorted(slices.Values(phrases)), "\n")
	r.mu.Lock()
	defer r.mu.Unlock()
	if g, ok := r.grammars[key]; ok {
		return g, nil
	}
	f, err := os.Open(r.dictionary())
	if err != nil {
		return nil, fmt.Errorf("open dictionary: %w", err)
	}
	defer f.Close()
	g, err := newGrammar(f, phrases)
	if err != nil {
		return nil, err
	}
	if len(r.grammars) >= maxGrammars {
		clear(r.grammars)
	}
	r.grammars[key] = g
	return g, nil
}

// Recognize looks for one phrase of the grammar in a whole utterance at 16
// kHz. A program that is absent or fails hears nothing; the first failure is
// logged. It fails only when the context ends.
func (r *Recognizer) Recognize(ctx context.Context, g *Grammar, s audio.Sound) (Result, error) {
	if r.program == "" || len(g.phrases) == 0 || s.Duration() > MaxUtterance || s.Duration() < audio.FrameDuration {
		return Result{}, nil
	}
	if err := r.running.enter(ctx); err != nil {
		return Result{}, err
	}
	defer r.running.leave()
	result, err := r.decode(ctx, g, s)
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if err != nil {
		r.failed(err)
		return Result{}, nil
	}
	return result, nil
}

func (r *Recognizer) failed(err error) {
	r.logged.Do(func() { r.log.Warn("speech recognition does not work: only keys are understood", "error", err) })
}
