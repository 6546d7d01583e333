package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// authenticate gives what the upgrade request carries: headers or subprotocols.
func (p Platform) authenticate(ctx context.Context, c *api.ThreeCLogicChannel, secret string) (
	header http.Header, protocols []string, err error,
) {
	if secret == "" {
		return nil, nil, errors.New("the channel's client_secret is unknown")
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	header = http.Header{}
	switch method := p.method(c); method {
	case api.ThreeCLogicBasic:
		header.Set("Authorization", basic(c, secret))
	case api.ThreeCLogicHeaders:
		header.Set("X-Client-Id", c.ClientID)
		header.Set("X-Client-Secret", secret)
	case api.ThreeCLogicBearer:
		var token struct {
			Value string `json:"access_token"`
		}
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {"stream:connect"}}
		if err := post(ctx, "token", c.TokenURL, basic(c, secret), form, &token); err != nil {
			return nil, nil, err
		}
		header.Set("Authorization", "Bearer "+token.Value)
	case api.ThreeCLogicTicket:
		var ticket struct {
			Value string `json:"ticket"`
		}
		at := strings.Replace(c.URL, "ws", "http", 1) + "/stream-tickets"
		if err := post(ctx, "ticket", at, basic(c, secret), nil, &ticket); err != nil {
			return nil, nil, err
		}
		protocols = []string{"va.v1", "va.ticket." + ticket.Value}
	default:
		return nil, nil, fmt.Errorf("auth method %q is unknown", method)
	}
	return header, protocols, nil
}

// basic is the header of HTTP Basic, form-encoded (RFC 6749 section 2.3.1).
func basic(c *api.ThreeCLogicChannel, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(secret))
	return r.Header.Get("Authorization")
}

// post sends a form and reads a JSON answer.
func post(ctx context.Context, step, to, authorization string, form url.Values, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", authorization)
	client := http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return refused(step, res)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("%s: decode the answer: %w", step, err)
	}
	return nil
}
