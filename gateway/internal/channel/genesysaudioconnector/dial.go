package genesysaudioconnector

import (
	"context"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector/platform"
)

var _ channel.Dialer = Kind{}

// Dial implements channel.Dialer.
func (Kind) Dial(ctx context.Context, p channel.Placement) (channel.Line, error) {
	return platform.Genesys{}.Dial(ctx, p)
}
