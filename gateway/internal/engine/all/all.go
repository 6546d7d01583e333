package all

import (
	"log/slog"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/conversationrelay"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/mediastream"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/openairealtime"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/scripted"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// All gives every engine by its kind, the name of its attribute in an
// assistant. d connects to backends; log is told what they do wrong.
func All(s *speech.Speaker, r *speech.Recognizer, d *outbound.Client, log *slog.Logger) map[string]call.Engine {
	return map[string]call.Engine{
		api.EngineKindScripted:       scripted.New(s, r),
		api.EngineKindOpenAIRealtime: openairealtime.New(d),
		api.EngineKindMediaStream:    mediastream.New(d, s, log),
		api.EngineKindRelay:          conversationrelay.New(d, d, s, log),
	}
}
