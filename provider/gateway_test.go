package provider

import (
	"testing"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// gateway is the whole gateway in this process, as a target.
type gateway struct{ *gatewaytest.Gateway }

func startGateway(t *testing.T) target { return gateway{gatewaytest.Start(t)} }

func (g gateway) endpoint() string { return g.AdminURL }
func (g gateway) token() string    { return g.Token }
