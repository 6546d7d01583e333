package admin

import (
	"context"
	"net/http"
	"strconv"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type auditList struct {
	After int64 `query:"after" minimum:"0" doc:"Sequence number of the last entry seen."`
	Limit int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (a *Admin) registerAudit() {
	route(a, operation{
		method: http.MethodGet, path: "/v1/audit", id: "list-audit", summary: "Read the audit log, oldest first",
		scope: api.ScopeAuditRead,
	}, func(ctx context.Context, in *auditList) (*pageOutput[api.AuditEntry], error) {
		rows, err := a.Store.AuditEntries(ctx, in.After, in.Limit+1)
		if err != nil {
			return nil, a.storeProblem(err, "audit", "")
		}
		var items []api.AuditEntry
		for _, row := range rows {
			items = append(items, api.AuditEntry{
				Seq: row.Seq, At: row.At, Actor: row.Actor, Action: row.Action, Object: row.Object,
				RequestID: row.RequestID, Address: row.Address, Hash: row.Hash,
			})
		}
		return pageOf(items, in.Limit, func(e api.AuditEntry) string { return strconv.FormatInt(e.Seq, 10) }), nil
	})
}
