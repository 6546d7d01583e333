package testcall_test

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Runner{M: m}) }

// voice speaks in babble: every text has its own, as long as the text, with
// syllables that come and go. It starts with 100 ms of silence.
func voice(_ context.Context, text string) (audio.Sound, error) {
	const rate = 8000
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	random := rand.New(rand.NewPCG(h.Sum64(), 1)) // the same text sounds the same
	samples := make([]int16, rate/10, rate/10+len(text)*rate/20)
	low := 0.0
	for i := range len(text) * rate / 20 {
		low += 0.3 * (random.NormFloat64() - low)
		syllable := 0.3 + 0.7*math.Abs(math.Sin(2*math.Pi*float64(i)/rate*2))
		samples = append(samples, int16(4000*low*syllable))
	}
	return audio.Sound{Rate: rate, Samples: samples}, nil
}

// spoken is how long a text takes, without the silence before it.
func spoken(text string) time.Duration { return time.Duration(len(text)) * time.Second / 20 }

// only is a voice that has one sound for a text.
func only(r testcall.Renderer) testcall.Voice {
	return func(ctx context.Context, text string) ([]audio.Sound, error) {
		sound, err := r(ctx, text)
		return []audio.Sound{sound}, err
	}
}
