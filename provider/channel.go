package provider

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// channelBody is the wire form of one channel kind.
type channelBody interface {
	objectBody
	api.ChannelBody
}

// channelModel is the Terraform form of one channel kind. M is a struct with
// tfsdk tags that embeds channelCommon.
type channelModel[M any, B channelBody] interface {
	objectModel[M, B]
	common() *channelCommon
	// secrets gives the fields that hold secrets in state, by attribute name:
	// every generated one, and those inputs that state holds too.
	secrets() map[string]*types.String
}

// secretInputs is implemented by the models of kinds whose secret the user
// supplies. It reports whether the plan asks for another secret than state.
type secretInputs[M any] interface {
	secretInputsChanged(state *M) bool
}

// sharedCredentials is implemented by the models of kinds whose channels can
// share credentials. It reports whether two models of one channel share with
// others, so that the secrets differ even if credentials_version does not.
type sharedCredentials[M any] interface {
	otherCredentials(than *M) bool
}

func moved[M any, B channelBody, P channelModel[M, B]](to, from P) bool {
	s, ok := any(to).(sharedCredentials[M])
	return ok && s.otherCredentials((*M)(from))
}

// liveAgentTarget is implemented by the models of kinds that can be configured
// without a live agent to transfer to.
type liveAgentTarget interface {
	lacksLiveAgent() bool
}

var (
	_ resource.ResourceWithConfigure      = (*twilioResource)(nil)
	_ resource.ResourceWithIdentity       = (*twilioResource)(nil)
	_ resource.ResourceWithImportState    = (*twilioResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*twilioResource)(nil)
	_ resource.ResourceWithValidateConfig = (*twilioResource)(nil)
)

type twilioResource = channelResource[twilioModel, *api.TwilioChannel, *twilioModel]

// channelResource manages a channel of any kind. A kind adds attributes and a
// mapping; credentials, rotation, import and everything objectResource does
// are here once for all.
type channelResource[M any, B channelBody, P channelModel[M, B]] struct {
	objectResource[M, B, P]
	attributes map[string]schema.Attribute // of the kind
}

// newChannel gives the resource of one channel kind. The kind is the name of
// its admin API path, the noun is for messages, and attributes are those that
// channelCommon lacks.
func newChannel[M any, B channelBody, P channelModel[M, B]](
	kind, noun, description string, attributes map[string]schema.Attribute,
) resource.Resource {
	return &channelResource[M, B, P]{
		objectResource: objectResource[M, B, P]{kind: objectKind[B]{
			name:       "channel_" + kind,
			noun:       noun,
			prefix:     api.PrefixChannel,
			list:       "/v1/channels/" + kind,
			one:        "/v1/channels/%s/" + kind,
			remove:     "/v1/channels/%s",
			readScope:  api.ScopeChannelsRead,
			writeScope: api.ScopeChannelsRW,
			meta: func(b B) (string, int64) {
				c := b.Common()
				return c.ID, c.Revision
			},
			schema: func(ctx context.Context) schema.Schema {
				all := channelAttributes(ctx, noun)
				maps.Copy(all, attributes)
				return schema.Schema{MarkdownDescription: description, Attributes: all}
			},
		}},
		attributes: attributes,
	}
}

// generated reports whether the gateway makes the secret; the others are
// inputs.
func (r *channelResource[M, B, P]) generated(secret string) bool {
	a, ok := r.attributes[secret]
	return ok && a.IsComputed()
}

// Create implements resource.Resource.
func (r *channelResource[M, B, P]) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	r.create(ctx, req, resp, func(ctx context.Context, model P, answer B) diag.Diagnostics {
		return r.storeIssued(ctx, model, answer.Common().Credentials)
	})
}

// Read implements resource.Resource.
func (r *channelResource[M, B, P]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	r.read(ctx, req, resp, func(ctx context.Context, model, prior P, _ B) diag.Diagnostics {
		return r.refreshCredentials(ctx, model, prior, req, resp)
	})
}

// Update implements resource.Resource.
func (r *channelResource[M, B, P]) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	adopt := flagged(ctx, req.Private, privateAdopt)
	var rotating int64
	err := r.update(ctx, req, resp, updateSteps[M, B, P]{
		body: func(ctx context.Context, plan, config, state P) (B, diag.Diagnostics) {
			change := credentialChangeOf(plan, state, adopt)
			if !change.send {
				config = nil
			}
			body, diags := plan.toAPI(ctx, config)
			if change.rotate && !diags.HasError() {
				rotating = state.common().CredentialsVersion.ValueInt64()
				body.Common().RotateIfVersion = rotating
			}
			return body, diags
		},
		finish: func(ctx context.Context, model, plan, state P, answer B) diag.Diagnostics {
			return r.finishUpdate(ctx, model, plan, state, answer.Common().Credentials)
		},
	})
	if err != nil && uncertain(err) {
		resp.Diagnostics.Append(setNumber(ctx, resp.Private, privateRotating, rotating)...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(setFlag(ctx, resp.Private, privateAdopt, false)...)
		resp.Diagnostics.Append(setNumber(ctx, resp.Private, privateRotating, 0)...)
	}
}

// scopeMissing is the warning for secrets that the token may not read.
func (r *channelResource[M, B, P]) scopeMissing() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Secrets are missing from state", fmt.Sprintf(
		"The token lacks the scope %s, so the secrets of the %s are null. Give the token that scope, or set "+
			"credentials_in_state = false and use the ephemeral resource va_channel_credentials where they are needed.",
		api.ScopeCredentialsRead, r.kind.noun))
}

// fetchCredentials asks for the current secrets. It gives nil and a warning
// when the token may not read them.
func (r *channelResource[M, B, P]) fetchCredentials(
	ctx context.Context, id string, s scene,
) (*api.Credentials, diag.Diagnostics) {
	creds, err := readCredentials(ctx, r.conn.client, id)
	switch {
	case err == nil:
		return creds, nil
	case api.Status(err) == http.StatusForbidden:
		return nil, diag.Diagnostics{r.scopeMissing()}
	}
	s.verb, s.noun = "read", "credentials of the "+r.kind.noun
	return nil, s.report(ctx, err)
}

// readCredentials serves the resource and its ephemeral twin.
func readCredentials(ctx context.Context, client *api.Client, id string) (*api.Credentials, error) {
	var creds *api.Credentials
	if err := client.Get(ctx, "/v1/channels/"+id+"/credentials", &creds); err != nil {
		return nil, err
	}
	if creds == nil {
		return nil, fmt.Errorf("the answer about the credentials of %s is empty", id)
	}
	return creds, nil
}
