package all

import (
	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/threeclogic"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio"
)

// Kinds lists every channel kind of this gateway with its API type.
func Kinds() []admin.Kind {
	return []admin.Kind{
		admin.Of[api.TwilioChannel](twilio.Kind{}),
		admin.Of[api.ThreeCLogicChannel](threeclogic.Kind{}),
		admin.Of[api.GenesysAudioConnectorChannel](genesysaudioconnector.Kind{}),
	}
}
