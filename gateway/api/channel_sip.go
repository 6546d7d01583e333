package api

import (
	"fmt"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/sipaddress"
)

// KindSIP is the channel kind of SIPChannel.
const KindSIP = "sip"

// Values of SIPChannel.ContextHeader.
const (
	ContextXSNC       = "x-snc-context"
	ContextUserToUser = "user-to-user"
	ContextNone       = "none"
)

// SIPChannel answers calls of any SIP trunk. It gives them back by BYE, after
// which the platform's own flow goes on, or transfers them by REFER.
type SIPChannel struct {
	Channel
	SIPTrunk
	TransferMethod  string   `json:"transfer_method,omitempty" enum:"BYE,REFER" doc:"How a caller gets to a live agent: BYE ends the leg and the platform's flow goes on, REFER transfers to transfer_address. Default BYE."`
	TransferAddress string   `json:"transfer_address,omitempty" maxLength:"273" doc:"With REFER, required then: user@domain without URI parameters, user at most 16 characters, domain at most 256."`
	ContextHeader   string   `json:"context_header,omitempty" enum:"x-snc-context,user-to-user,none" doc:"Header in which the call's context is handed over with BYE or REFER. Default x-snc-context."`
	DialInNumbers   []string `json:"dial_in_numbers,omitempty" maxItems:"1000" doc:"E.164 numbers that the trunk brings, for one that cannot send the header x-snc-param: calls to them need no token. Needs allowed_source_cidrs."`
}

// Defaults implements ChannelBody.
func (c *SIPChannel) Defaults() {
	c.Channel.Defaults()
	c.trunkDefaults()
	setDefault(&c.TransferMethod, TransferBYE)
	setDefault(&c.ContextHeader, ContextXSNC)
}

// Validate implements ChannelBody.
func (c *SIPChannel) Validate() []FieldError {
	errs := append(c.Channel.Validate(), c.validateTrunk()...)
	errs = append(errs, c.validateTransfer()...)
	if known := []string{ContextXSNC, ContextUserToUser, ContextNone}; !slices.Contains(known, c.ContextHeader) {
		errs = append(errs, FieldError{"context_header", fmt.Sprintf("%.100q is none of %q", c.ContextHeader, known)})
	}
	if len(c.DialInNumbers) > 0 && len(c.AllowedSourceCIDRs) == 0 {
		errs = append(errs, FieldError{
			"allowed_source_cidrs", "is required with dial_in_numbers: calls to them carry no token that tells who calls",
		})
	}
	return append(errs, checkNumbers("dial_in_numbers", c.DialInNumbers)...)
}

func (c *SIPChannel) validateTransfer() []FieldError {
	switch {
	case c.TransferMethod != TransferBYE && c.TransferMethod != TransferREFER:
		return []FieldError{{
			"transfer_method", fmt.Sprintf("%.100q is none of %q", c.TransferMethod, []string{TransferBYE, TransferREFER}),
		}}
	case c.TransferMethod == TransferBYE && c.TransferAddress != "":
		return []FieldError{{
			"transfer_address", "is for transfer_method REFER only; after BYE the platform decides where the call goes",
		}}
	case c.TransferMethod == TransferREFER && c.TransferAddress == "":
		return []FieldError{{"transfer_address", "is required with transfer_method REFER"}}
	case c.TransferMethod == TransferREFER:
		if err := sipaddress.CheckTransfer(c.TransferAddress); err != nil {
			return []FieldError{{"transfer_address", err.Error()}}
		}
	}
	return nil
}

// checkNumbers checks a pool of E.164 numbers.
func checkNumbers(field string, numbers []string) []FieldError {
	if n := len(numbers); n > MaxDialInNumbers {
		return []FieldError{{field, fmt.Sprintf("%d numbers are more than %d", n, MaxDialInNumbers)}}
	}
	var errs []FieldError
	for i, number := range numbers {
		switch {
		case !e164.MatchString(number):
			errs = append(errs, FieldError{field, fmt.Sprintf("%.100q is no E.164 number such as +14155550123", number)})
		case slices.Contains(numbers[:i], number):
			errs = append(errs, FieldError{field, fmt.Sprintf("%q is given twice", number)})
		}
	}
	return errs
}
