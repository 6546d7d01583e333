package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// scene is what an error is told about: what was tried, with which values, and
// what the token needs for it.
type scene struct {
	conn   *connection
	verb   string          // "create", "read"
	noun   string          // "Twilio channel"
	scopes string          // scopes of the admin API that the request needs
	schema schema.Schema   // tells which values are sensitive
	values tftypes.Value   // the configuration, or the state where there is none
	more   []tftypes.Value // further values whose secrets must not appear
	fixed  bool            // the path names no object: a 404 means an older gateway
}

// report turns an error of the client into diagnostics: broken rules at their
// attributes, everything else with the fix. It is the only place that does.
func (s scene) report(ctx context.Context, err error) diag.Diagnostics {
	var problem *api.Problem
	if errors.As(err, &problem) {
		return s.problem(ctx, problem)
	}
	var transport *api.TransportError
	if errors.As(err, &transport) {
		return s.one(ctx, fmt.Sprintf("No answer from the gateway at %s: %v. Check endpoint, and that the gateway runs.",
			s.conn.client.Endpoint(), transport.Err))
	}
	return s.one(ctx, fmt.Sprintf("The gateway at %s: %v.", s.conn.client.Endpoint(), err))
}

func (s scene) problem(ctx context.Context, p *api.Problem) diag.Diagnostics {
	text := strings.TrimRight(p.Detail, ".")
	if text == "" {
		text = fmt.Sprintf("the gateway answered %d %s", p.Status, p.Title)
	}
	switch {
	case p.Status == http.StatusUnauthorized:
		return s.one(ctx, fmt.Sprintf("%s. The token was not accepted by %s: check token, its expiry and the endpoint.",
			text, s.conn.client.Endpoint()))
	case p.Status == http.StatusForbidden:
		return s.one(ctx, fmt.Sprintf("%s. This needs a token with the scope %s.", text, s.scopes))
	case p.Status == http.StatusNotFound && s.fixed, p.Status == http.StatusMethodNotAllowed:
		return s.one(ctx, fmt.Sprintf("%s. The gateway at %s does not know this request: it is older than this provider "+
			"needs, or endpoint is not its admin listener.", text, s.conn.client.Endpoint()))
	case p.Status == http.StatusPreconditionFailed:
		return s.one(ctx, fmt.Sprintf("%s. The %s is not as this plan saw it; nothing was overwritten.", text, s.noun))
	case p.Status >= 300 && p.Status < 400:
		return s.one(ctx, fmt.Sprintf("%s redirects, and the token is not sent along a redirect. Set endpoint to the "+
			"final URL.", s.conn.client.Endpoint()))
	}
	if len(p.Errors) == 0 {
		return s.one(ctx, text+".")
	}
	var diags diag.Diagnostics
	for _, e := range p.Errors {
		diags.Append(s.rule(ctx, e.Location, e.Message))
	}
	return diags
}

// rule tells one broken rule at its attribute.
func (s scene) rule(ctx context.Context, location, message string) diag.Diagnostic {
	message = strings.TrimRight(message, ".")
	at, value := locate(s.values, location)
	switch {
	case location == "":
		return s.fault(ctx, message+".")
	case at.Equal(path.Empty()):
		return s.fault(ctx, fmt.Sprintf("%s: %s.", location, message))
	}
	text := fmt.Sprintf("Attribute %s: %s.", at, message)
	if v := printable(value); v != "" && !s.sensitive(ctx, at) && !strings.Contains(message, v) {
		text = fmt.Sprintf("Attribute %s, value %s: %s.", at, v, message)
	}
	return diag.WithPath(at, s.fault(ctx, text))
}

// rules tells the rules broken by a configuration that was not sent anywhere.
// Values that are null or not known yet break none.
func (s scene) rules(ctx context.Context, broken []api.FieldError) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, field := range broken {
		if _, value := locate(s.values, field.Field); value.IsNull() || !value.IsFullyKnown() {
			continue
		}
		diags.Append(s.rule(ctx, field.Field, field.Message))
	}
	return diags
}

func (s scene) sensitive(ctx context.Context, at path.Path) bool {
	for ; !at.Equal(path.Empty()); at = at.ParentPath() {
		attribute, diags := s.schema.AttributeAtPath(ctx, at)
		if !diags.HasError() && attribute.IsSensitive() {
			return true
		}
	}
	return false
}

func (s scene) one(ctx context.Context, text string) diag.Diagnostics {
	return diag.Diagnostics{s.fault(ctx, text)}
}

func (s scene) fault(ctx context.Context, text string) diag.Diagnostic {
	summary := fmt.Sprintf("Cannot %s the %s", s.verb, s.noun)
	return diag.NewErrorDiagnostic(summary, s.clean(ctx, text, len(summary)))
}

// warning gives a text that may repeat the server's words.
func (s scene) warning(ctx context.Context, summary, text string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(summary, s.clean(ctx, text, len(summary)))
}

func (s scene) clean(ctx context.Context, text string, used int) string {
	var secrets []string
	if s.conn != nil {
		secrets = append(secrets, s.conn.token)
	}
	if s.schema.Attributes != nil {
		secrets = append(secrets, sensitiveValues(ctx, s.schema, append(s.more, s.values)...)...)
	}
	return cut(redact(text, secrets), maxText-used)
}
