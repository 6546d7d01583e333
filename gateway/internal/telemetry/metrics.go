package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the gateway's measurements. No label holds a call id, a number
// or anything a caller can choose.
type Metrics struct {
	Registry *prometheus.Registry

	CallsActive     *prometheus.GaugeVec   // channel, assistant, provider_application
	CallsTotal      *prometheus.CounterVec // … and outcome
	CallsPending    prometheus.Gauge
	TurnLatency     prometheus.Histogram   // seconds
	FrameDelay      prometheus.Histogram   // seconds
	ClearLatency    prometheus.Histogram   // seconds
	EngineErrors    *prometheus.CounterVec // engine, code
	Transfers       *prometheus.CounterVec // method, result
	AuthFailures    *prometheus.CounterVec // channel, reason
	Refusals        *prometheus.CounterVec // channel, reason
	FramesDropped   *prometheus.CounterVec // dir
	CredentialsRead prometheus.Counter
	TokenRequests   *prometheus.CounterVec // result
	TokensRefused   *prometheus.CounterVec // class
	AuditHead       prometheus.Gauge
}

// NewMetrics makes a registry with every metric of the gateway, the Go runtime
// and the process.
func NewMetrics() *Metrics {
	call := []string{"channel", "assistant", "provider_application"}
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		CallsActive: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "va_calls_active", Help: "Calls with media now; channel is the channel kind.",
		}, call),
		CallsTotal: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_calls_total", Help: "Ended calls by outcome.",
		}, append(call, "outcome")),
		CallsPending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "va_calls_unstored", Help: "Calls whose record waits in memory for the database.",
		}),
		TurnLatency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "va_turn_latency_seconds", Help: "End of the caller's turn to first assistant audio sent.",
			Buckets: []float64{.1, .2, .3, .5, .8, 1, 1.5, 2, 3, 5},
		}),
		FrameDelay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "va_gateway_frame_delay_seconds", Help: "How late a paced frame was sent.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .04, .06, .1},
		}),
		ClearLatency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "va_bargein_clear_seconds", Help: "Accepted interruption to cleared leg.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1},
		}),
		EngineErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_engine_errors_total", Help: "Engine faults by code.",
		}, []string{"engine", "code"}),
		Transfers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_transfers_total", Help: "Transfers to live agents by method and the platform's result.",
		}, []string{"method", "result"}),
		AuthFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_auth_failures_total", Help: "Refused authentications; channel is the channel kind or admin.",
		}, []string{"channel", "reason"}),
		Refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_refusals_total", Help: "Refused attempts of any cause; channel is the channel kind.",
		}, []string{"channel", "reason"}),
		FramesDropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_frames_dropped_total", Help: "Audio frames dropped; dir is in or out.",
		}, []string{"dir"}),
		CredentialsRead: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "va_credentials_read_total", Help: "Reads of channel credentials over the admin API.",
		}),
		TokenRequests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_token_requests_total", Help: "Requests to the OAuth2 token endpoint by result.",
		}, []string{"result"}),
		TokensRefused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "va_tokens_refused_total", Help: "Refused access tokens by the check that refused them.",
		}, []string{"class"}),
		AuditHead: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "va_audit_seq", Help: "Sequence number of the newest audit entry; it never falls.",
		}),
	}
	m.Registry.MustRegister(
		m.CallsActive, m.CallsTotal, m.CallsPending, m.TurnLatency, m.FrameDelay, m.ClearLatency, m.EngineErrors,
		m.Transfers, m.AuthFailures, m.Refusals, m.FramesDropped, m.CredentialsRead, m.TokenRequests, m.TokensRefused,
		m.AuditHead,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// ServesRevision publishes which configuration revision this process serves.
func (m *Metrics) ServesRevision(revision func() int64) {
	m.Registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "va_config_revision", Help: "Configuration revision this process serves."},
		func() float64 { return float64(revision()) },
	))
}

// Observe gives the receiver of one call's measurements.
func (m *Metrics) Observe(engine string) *CallObserver { return &CallObserver{m: m, engine: engine} }

// CallObserver implements call.Observer.
type CallObserver struct {
	m      *Metrics
	engine string
}

// TurnLatency implements call.Observer.
func (o *CallObserver) TurnLatency(d time.Duration) { o.m.TurnLatency.Observe(d.Seconds()) }

// ClearLatency implements call.Observer.
func (o *CallObserver) ClearLatency(d time.Duration) { o.m.ClearLatency.Observe(d.Seconds()) }

// FrameDelay implements call.Observer.
func (o *CallObserver) FrameDelay(d time.Duration) { o.m.FrameDelay.Observe(d.Seconds()) }

// FramesDropped implements call.Observer.
func (o *CallObserver) FramesDropped(n int) { o.m.FramesDropped.WithLabelValues("in").Add(float64(n)) }

// EngineError implements call.Observer.
func (o *CallObserver) EngineError(code string) {
	o.m.EngineErrors.WithLabelValues(o.engine, code).Inc()
}
