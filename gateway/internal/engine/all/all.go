package all

import (
	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/scripted"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// All gives every engine by its kind, the name of its attribute in an
// assistant.
func All(s *speech.Speaker, r *speech.Recognizer) map[string]call.Engine {
	return map[string]call.Engine{
		api.EngineKindScripted: scripted.New(s, r),
	}
}
