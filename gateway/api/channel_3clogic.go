package api

import (
	"fmt"
	"regexp"
	"slices"
)

// KindThreeCLogic is the channel kind of ThreeCLogicChannel.
const KindThreeCLogic = "3clogic"

// Values of ThreeCLogicChannel.Protocol.
const (
	ThreeCLogicAuto         = "auto"
	ThreeCLogicMediaStreams = "media-streams"
	ThreeCLogicAudioCodes   = "audiocodes"
)

// Values of ThreeCLogicChannel.AuthMethods.
const (
	ThreeCLogicBearer  = "bearer"
	ThreeCLogicBasic   = "basic"
	ThreeCLogicHeaders = "headers"
	ThreeCLogicTicket  = "ticket"
)

// Values of ThreeCLogicChannel.L16ByteOrder.
const (
	ThreeCLogicLittle = "little"
	ThreeCLogicBig    = "big"
)

// ThreeCLogicChannel answers calls that 3CLogic connects over a WebSocket. The
// platform is given URL, client id and client secret; the framing is not
// published, so the channel understands two that are.
type ThreeCLogicChannel struct {
	Channel
	Protocol           string   `json:"protocol,omitempty" enum:"auto,media-streams,audiocodes" doc:"Framing: that of Media Streams or of the AudioCodes Bot API, or whichever the first message shows. Default auto."`
	AuthMethods        []string `json:"auth_methods,omitempty" maxItems:"4" doc:"How the platform may authenticate itself: bearer, basic, headers (X-Client-Id and X-Client-Secret), ticket (a single-use subprotocol). Default bearer and basic."`
	TransferEvent      *bool    `json:"transfer_event,omitempty" doc:"Whether the message transfer is sent in Media Streams, which knows no such message. Default true."`
	L16ByteOrder       string   `json:"l16_byte_order,omitempty" enum:"little,big" doc:"Byte order of linear audio in Media Streams. Default little."`
	AttributeAllowList []string `json:"attribute_allow_list,omitempty" maxItems:"32" doc:"Names of the parameters that the platform may pass to the assistant. Default none."`
	CloseOnRevocation  *bool    `json:"close_on_revocation,omitempty" doc:"Whether deleting or disabling the channel ends its calls. Default true."`

	URL                string   `json:"url,omitempty" readOnly:"true" doc:"WebSocket that the platform connects to."`
	TokenURL           string   `json:"token_url,omitempty" readOnly:"true" doc:"Token endpoint for the method bearer."`
	ClientID           string   `json:"client_id,omitempty" readOnly:"true" doc:"Client id of the platform."`
	Scopes             []string `json:"scopes,omitempty" readOnly:"true" doc:"Scopes that a token of the client may carry."`
	OutcomeURLTemplate string   `json:"outcome_url_template,omitempty" readOnly:"true" doc:"Where the platform reads what became of a call; {correlation_id} is its own id of the call."`
}

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Defaults implements ChannelBody.
func (c *ThreeCLogicChannel) Defaults() {
	c.Channel.Defaults()
	if c.Protocol == "" {
		c.Protocol = ThreeCLogicAuto
	}
	if len(c.AuthMethods) == 0 {
		c.AuthMethods = []string{ThreeCLogicBasic, ThreeCLogicBearer}
	}
	if c.TransferEvent == nil {
		c.TransferEvent = new(true)
	}
	if c.L16ByteOrder == "" {
		c.L16ByteOrder = ThreeCLogicLittle
	}
	if c.CloseOnRevocation == nil {
		c.CloseOnRevocation = new(true)
	}
}

// Validate implements ChannelBody.
func (c *ThreeCLogicChannel) Validate() []FieldError {
	errs := c.Channel.Validate()
	protocols := []string{ThreeCLogicAuto, ThreeCLogicMediaStreams, ThreeCLogicAudioCodes}
	if !slices.Contains(protocols, c.Protocol) {
		errs = append(errs, FieldError{"protocol", fmt.Sprintf("%.100q is none of %q", c.Protocol, protocols)})
	}
	if orders := []string{ThreeCLogicLittle, ThreeCLogicBig}; !slices.Contains(orders, c.L16ByteOrder) {
		errs = append(errs, FieldError{"l16_byte_order", fmt.Sprintf("%.100q is none of %q", c.L16ByteOrder, orders)})
	}
	methods := []string{ThreeCLogicBearer, ThreeCLogicBasic, ThreeCLogicHeaders, ThreeCLogicTicket}
	for i, m := range c.AuthMethods {
		switch {
		case !slices.Contains(methods, m):
			errs = append(errs, FieldError{"auth_methods", fmt.Sprintf("%.100q is none of %q", m, methods)})
		case slices.Contains(c.AuthMethods[:i], m):
			errs = append(errs, FieldError{"auth_methods", fmt.Sprintf("%q is given twice", m)})
		}
	}
	if slices.Equal(c.AuthMethods, []string{ThreeCLogicTicket}) {
		errs = append(errs, FieldError{"auth_methods", `"ticket" needs another method, with which tickets are asked for`})
	}
	if n := len(c.AttributeAllowList); n > MaxAttributes {
		errs = append(errs, FieldError{"attribute_allow_list", fmt.Sprintf("%d names are more than %d", n, MaxAttributes)})
	}
	for i, name := range c.AttributeAllowList {
		switch {
		case !attributeName.MatchString(name):
			errs = append(errs, FieldError{
				"attribute_allow_list", fmt.Sprintf("%.100q is not 1 to 64 letters, digits, '_', '.' or '-'", name),
			})
		case slices.Contains(c.AttributeAllowList[:i], name):
			errs = append(errs, FieldError{"attribute_allow_list", fmt.Sprintf("%q is given twice", name)})
		}
	}
	return errs
}
