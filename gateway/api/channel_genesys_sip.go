package api

import "github.com/va-gateway/terraform-provider-va/gateway/sipaddress"

// KindGenesysSIP is the channel kind of GenesysSIPChannel.
const KindGenesysSIP = "genesys_sip"

// GenesysSIPChannel answers calls that an external SIP trunk of Genesys Cloud
// sends, and transfers them back by REFER. See
// https://help.mypurecloud.com/articles/about-byoc-cloud/.
type GenesysSIPChannel struct {
	Channel
	SIPTrunk
	TransferAddress string `json:"transfer_address" maxLength:"273" doc:"Where a caller who wants a live agent is transferred to: user@domain without URI parameters, user at most 16 characters, domain at most 256."`

	TransferMethod string `json:"transfer_method,omitempty" readOnly:"true" doc:"REFER, always."`
}

// Defaults implements ChannelBody.
func (c *GenesysSIPChannel) Defaults() {
	c.Channel.Defaults()
	c.trunkDefaults()
	c.TransferMethod = TransferREFER
}

// Validate implements ChannelBody.
func (c *GenesysSIPChannel) Validate() []FieldError {
	errs := append(c.Channel.Validate(), c.validateTrunk()...)
	if err := sipaddress.CheckTransfer(c.TransferAddress); err != nil {
		errs = append(errs, FieldError{"transfer_address", err.Error()})
	}
	return errs
}
