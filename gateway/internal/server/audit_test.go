package server

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// The gauge follows the audit log; the log line comes once an hour.
func TestAuditHeadIsReported(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "va.db"))
	require.NoError(t, err)
	defer s.Close()
	log := &strings.Builder{}
	w := auditWatch{Server: &Server{
		store: s, metrics: telemetry.NewMetrics(), log: slog.New(slog.NewTextHandler(log, nil)),
	}}
	now := time.Now()
	w.report(t.Context(), now)
	require.Equal(t, 1, strings.Count(log.String(), "audit head"))

	require.NoError(t, s.AppendAudit(t.Context(), store.Audit{At: now, Action: "x"}))
	w.report(t.Context(), now.Add(auditHeadEvery-time.Second))
	families, err := w.metrics.Registry.Gather()
	require.NoError(t, err)
	var gauge float64
	for _, f := range families {
		if f.GetName() == "va_audit_seq" {
			gauge = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	require.InDelta(t, 1, gauge, 0)
	require.Equal(t, 1, strings.Count(log.String(), "audit head"))

	w.report(t.Context(), now.Add(auditHeadEvery))
	head, err := s.AuditHead(t.Context())
	require.NoError(t, err)
	require.Contains(t, log.String(), head.Hash+" is entry 1")
}
