package threeclogic

import (
	"context"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/threeclogic/platform"
)

var _ channel.Dialer = Kind{}

// Dial implements channel.Dialer. The dialect is the one that the channel is
// pinned to, else Media Streams.
func (Kind) Dial(ctx context.Context, p channel.Placement) (channel.Line, error) {
	return platform.Platform{}.Dial(ctx, p)
}
