package switchboard

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Recover closes the records of calls that an earlier process on this node
// left open: their media died with it.
func (s *Switchboard) Recover(ctx context.Context) error {
	rows, err := s.Store.CallsUnfinished(ctx, s.NodeID)
	if err != nil {
		return fmt.Errorf("read unfinished calls: %w", err)
	}
	for _, row := range rows {
		data, err := json.Marshal(record{
			Outcome: string(call.OutcomeFailed), EndReason: string(call.ReasonGatewayLost),
		})
		if err != nil {
			return fmt.Errorf("encode record of call %s: %w", row.ID, err)
		}
		if err := s.Store.FinishCall(ctx, row.ID, data, s.Now().UTC(), api.CallEnded); err != nil {
			return fmt.Errorf("close call %s: %w", row.ID, err)
		}
		s.Logger.Warn("call ended", telemetry.KeyCall, row.ID, telemetry.KeyChannel, row.ChannelID,
			telemetry.KeyReason, string(call.ReasonGatewayLost))
	}
	return nil
}
