package provider

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// channelCommon holds the attributes of every channel kind; kinds embed it.
type channelCommon struct {
	objectBase
	AssistantID                 types.String  `tfsdk:"assistant_id"`
	ProviderApplication         types.String  `tfsdk:"provider_application"`
	Name                        types.String  `tfsdk:"name"`
	Enabled                     types.Bool    `tfsdk:"enabled"`
	CredentialsInState          types.Bool    `tfsdk:"credentials_in_state"`
	RotateWhenChanged           types.Map     `tfsdk:"rotate_when_changed"`
	RotationOverlap             durationValue `tfsdk:"rotation_overlap"`
	MaxConcurrentCalls          types.Int64   `tfsdk:"max_concurrent_calls"`
	DeletionProtection          types.Bool    `tfsdk:"deletion_protection"`
	CredentialsVersion          types.Int64   `tfsdk:"credentials_version"`
	PreviousCredentialsExpireAt types.String  `tfsdk:"previous_credentials_expire_at"`
}

func (c *channelCommon) common() *channelCommon { return c }

// commonToAPI gives the shared part of a request.
func (c *channelCommon) commonToAPI() api.Channel {
	return api.Channel{
		AssistantID:         c.AssistantID.ValueString(),
		ProviderApplication: c.ProviderApplication.ValueString(),
		Name:                c.Name.ValueString(),
		Enabled:             boolPointer(c.Enabled),
		RotationOverlap:     c.RotationOverlap.pointer(),
		MaxConcurrentCalls:  c.MaxConcurrentCalls.ValueInt64(),
		DeletionProtection:  c.DeletionProtection.ValueBool(),
	}
}

// commonFromAPI takes over the shared part of an answer. Secrets are not part
// of it: channelResource handles them.
func (c *channelCommon) commonFromAPI(a *api.Channel) {
	c.ID = types.StringValue(a.ID)
	c.Status = newText(a.Status)
	c.CreatedAt = newTime(a.CreatedAt)
	c.UpdatedAt = newTime(a.UpdatedAt)
	c.AssistantID = newText(a.AssistantID)
	c.ProviderApplication = newText(a.ProviderApplication)
	c.Name = newText(a.Name)
	c.Enabled = newBool(a.Enabled)
	c.RotationOverlap = newDuration(a.RotationOverlap)
	c.MaxConcurrentCalls = types.Int64Value(a.MaxConcurrentCalls)
	c.DeletionProtection = types.BoolValue(a.DeletionProtection)
	c.CredentialsVersion = types.Int64Value(a.CredentialsVersion)
	c.PreviousCredentialsExpireAt = newTime(a.PreviousCredentialsExpireAt)
}

// channelAttributes are those of channelCommon.
func channelAttributes(ctx context.Context, noun string) map[string]schema.Attribute {
	overlap := durationAttribute(fmt.Sprintf("How long replaced credentials stay valid after a rotation, `0s` to `%s`. "+
		"Default `%s`.", api.Duration(api.MaxRotationOverlap), api.Duration(api.DefaultRotationOverlap)))
	overlap.Computed = true
	overlap.Default = stringdefault.StaticString(api.Duration(api.DefaultRotationOverlap).String())

	all := map[string]schema.Attribute{
		"assistant_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The `va_assistant` that answers. It can be changed in place.",
		},
		"provider_application": schema.StringAttribute{
			Required: true,
			MarkdownDescription: fmt.Sprintf("Names the deployment, 1 to %d characters; carried into call records, metrics "+
				"and webhooks.", api.MaxName),
		},
		"name": schema.StringAttribute{
			Optional:            true,
			Validators:          notEmpty(),
			MarkdownDescription: fmt.Sprintf("Name for people, 1 to %d characters.", api.MaxName),
		},
		"enabled": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether calls are answered. Default `true`.",
		},
		"credentials_in_state": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether generated secrets are kept in state. With `false` they are null and never fetched: " +
				"read them with the ephemeral resource `va_channel_credentials`, which puts nothing into state and is the " +
				"better choice wherever the consumer takes write-only arguments. Default `true`.",
		},
		"rotate_when_changed": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Any change of this map issues new credentials in place, for example when a `time_rotating` " +
				"id in it changes. The channel stays, and old credentials stay valid for `rotation_overlap`. The first apply " +
				"after an import adopts the map without rotating. Needs the scope `secrets:rotate`.",
		},
		"rotation_overlap": overlap,
		"max_concurrent_calls": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(0),
			MarkdownDescription: fmt.Sprintf("Calls at a time on this channel, 0 to %d, counted by each gateway process. The "+
				"next call is refused as at the gateway's own limit, `VA_MAX_CALLS`: it goes to the live agent, or is "+
				"rejected where there is none. Calls above a lowered cap go on. Default `0`, no cap of its own.",
				api.MaxConcurrentCalls),
		},
		"deletion_protection": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Let the gateway refuse deletion while `true`. Set it to `false` and apply before " +
				"destroying. Default `false`.",
		},
		"credentials_version": schema.Int64Attribute{
			Computed: true,
			MarkdownDescription: "Rises by one whenever the credentials change; use it as the version argument of write-only " +
				"consumers.",
		},
		"previous_credentials_expire_at": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "When the replaced credentials stop working, RFC 3339. Null before the first rotation; keeps " +
				"its value until the next one.",
		},
	}
	maps.Copy(all, baseAttributes(ctx, noun, "A channel is `active` when its calls are answered."))
	return all
}
