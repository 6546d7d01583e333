package admin

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Admin is the admin API. Fill the exported fields, then call Handler once.
type Admin struct {
	Store     *store.Store
	Directory *directory.Directory
	Keyring   *secret.Keyring
	Kinds     []Kind
	Metrics   *telemetry.Metrics
	Bootstrap secret.Value // admin token with every scope
	Endpoints channel.Endpoints
	// Gateway describes the running process.
	Gateway func() api.Gateway
	// Refusals lists the refused attempts on a channel, newest first.
	Refusals func(channelID string) []api.Refusal
	// CheckScript checks a script of the scripted engine.
	CheckScript func(script string) error
	Log         *slog.Logger

	bootstrapHash []byte
	api           huma.API
	mu            sync.Mutex               // guards the two maps
	reads         map[string]*rate.Limiter // by token id, for credentials
	touched       map[string]time.Time     // by token id
	denials       *rate.Limiter            // audit entries of failed authentications
}

// Handler builds the routes below /v1.
func (a *Admin) Handler() http.Handler {
	a.bootstrapHash = a.Keyring.HashToken(a.Bootstrap.Reveal())
	a.reads, a.touched = map[string]*rate.Limiter{}, map[string]time.Time{}
	a.denials = rate.NewLimiter(1, 10)
	return http.NewCrossOriginProtection().Handler(a.routes())
}

// Sweep forgets what no longer differs from knowing nothing of a token: a full
// allowance of reads, and a last use that is due to be stored again.
func (a *Admin) Sweep() {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.reads, func(_ string, l *rate.Limiter) bool { return l.Tokens() >= readsBurst })
	maps.DeleteFunc(a.touched, func(_ string, at time.Time) bool { return time.Since(at) >= touchEvery })
}

// OpenAPI describes the routes of these kinds, in YAML.
func OpenAPI(kinds []Kind) ([]byte, error) {
	a := &Admin{Kinds: kinds}
	a.routes()
	return a.api.OpenAPI().YAML()
}

func (a *Admin) routes() http.Handler {
	useProblems()
	mux := http.NewServeMux()
	a.api = humago.New(mux, a.config())
	a.api.UseMiddleware(a.authenticate)
	a.registerAssistants()
	a.registerChannels()
	for _, k := range a.Kinds {
		k.register(a)
	}
	a.registerCredentials()
	a.registerCalls()
	a.registerTokens()
	a.registerAudit()
	a.registerGateway()
	return mux
}

func (a *Admin) config() huma.Config {
	c := huma.DefaultConfig("va gateway admin API", "1")
	c.Info.Description = "Assistants, channels and calls of one va gateway. Send the admin token as a bearer token."
	c.CreateHooks = nil // no $schema links to whatever host the request named
	c.DocsPath, c.OpenAPIPath, c.SchemasPath = "", "", ""
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "Admin token."},
	}
	c.Security = []map[string][]string{{"token": {}}}
	return c
}

// operation describes one route.
type operation struct {
	method, path, id, summary string
	scope                     string
	status                    int // of success; 0 means 200
	errors                    []int
}

const scopeKey = "scope"

func route[I, O any](a *Admin, o operation, handler func(context.Context, *I) (*O, error)) {
	if o.scope == "" {
		panic("route " + o.path + " declares no scope")
	}
	huma.Register(a.api, huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Summary: o.summary,
		Description:   "Needs the scope `" + o.scope + "`.",
		DefaultStatus: o.status,
		MaxBodyBytes:  api.MaxBody,
		Errors:        append([]int{http.StatusUnauthorized, http.StatusForbidden}, o.errors...),
		Metadata:      map[string]any{scopeKey: o.scope},
	}, handler)
}

// PageInput is the query of every list.
type PageInput struct {
	After string `query:"after" maxLength:"64" doc:"The next value of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Objects on the page."`
}

type pageOutput[T any] struct{ Body api.Page[T] }

// pageOf makes a page of rows read with one more than the limit.
func pageOf[T any](items []T, limit int, id func(T) string) *pageOutput[T] {
	page := api.Page[T]{Items: items}
	if len(items) > limit {
		page.Items = items[:limit]
		page.Next = id(page.Items[limit-1])
	}
	if page.Items == nil {
		page.Items = []T{}
	}
	return &pageOutput[T]{page}
}
