package testcall

import (
	"context"
	"errors"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// Result is a whole test call.
type Result struct {
	Report
	Record api.Call `json:"record"`
	Lines  []Line   `json:"lines"`
}

// Place runs a plan on the target, reads the gateway's record of the call and
// verifies it. The result holds what there was also when there is an error.
func Place(ctx context.Context, c *api.Client, t Target, p Plan, voice Voice) (Result, error) {
	p.Dialer = t.Dialer
	p.Placement.Body, p.Placement.Credentials = t.Placement.Body, t.Placement.Credentials
	p.CallerFirst = t.Assistant.GreetingMode == api.CallerFirst
	var r Result
	var err error
	r.Report, err = Run(ctx, p)
	if r.ProviderCallID == "" {
		return r, err
	}
	var recordErr, verifyErr error
	channelID := t.Placement.Body.Common().ID
	if r.Record, recordErr = FetchRecord(ctx, c, channelID, r.ProviderCallID); recordErr == nil {
		r.Lines, verifyErr = Verify(ctx, r.Heard, r.Record, voice)
	}
	return r, errors.Join(err, recordErr, verifyErr)
}
