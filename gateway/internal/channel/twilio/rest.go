package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	// restBudget bounds everything that is asked about one call.
	restBudget  = 6 * time.Second
	restAttempt = 3 * time.Second
	// restPause is the first wait before a repetition; it doubles.
	restPause = 200 * time.Millisecond
	// maxTwiML is Twilio's limit of TwiML in a request, in characters (error
	// 32018).
	maxTwiML = 4000

	statusInProgress = "in-progress"

	// Twilio's error codes of a call that needs nothing any more
	// (https://www.twilio.com/docs/api/errors).
	codeNotFound      = 20404
	codeNotInProgress = 21220
)

// rest reaches Twilio's REST API
// (https://www.twilio.com/docs/voice/api/call-resource).
type rest struct {
	outbound channel.Doer
	base     string // instead of Twilio's host
}

// restClient speaks for one channel.
type restClient struct {
	rest
	account, key string
	secret       secret.Value
}

// restCall is what Twilio says of a call.
type restCall struct {
	SID       string `json:"sid"`
	Status    string `json:"status"`
	Direction string `json:"direction"`
	From      string `json:"from"`
	To        string `json:"to"`
}

// restError is an answer of the REST API that is not a success.
type restError struct {
	Status int
	Code   int // Twilio's, 0 if it gave none
}

// Error implements error.
func (e *restError) Error() string {
	return fmt.Sprintf("the REST API answered %d (error %d)", e.Status, e.Code)
}

// account is the channel's account_sid, "" without one.
func account(live *channel.Live) string { return live.Body.(*api.TwilioChannel).AccountSID }

// client gives the REST client of a channel that has an API key.
func (h *handler) client(live *channel.Live) (*restClient, bool) {
	body := live.Body.(*api.TwilioChannel)
	secrets := live.Secrets(keySecret, h.g.Now())
	if body.AccountSID == "" || body.APIKeySID == "" || len(secrets) == 0 {
		return nil, false
	}
	c := &restClient{rest: h.rest, account: body.AccountSID, key: body.APIKeySID, secret: secrets[0]}
	if c.base == "" {
		c.base = "https://api.twilio.com"
		if body.Region != "" {
			c.base = "https://api." + body.Edge + "." + body.Region + ".twilio.com"
		}
	}
	return c, true
}

// call asks for the state of a call. One that Twilio does not know has none.
func (c *restClient) call(ctx context.Context, callSID string) (restCall, error) {
	answer, err := c.repeat(ctx, http.MethodGet, callSID, nil)
	if err != nil || answer == nil {
		return restCall{}, err
	}
	var state restCall
	if err := json.Unmarshal(answer, &state); err != nil || state.SID != callSID {
		return restCall{}, errors.New("the REST API answered about something else")
	}
	return state, nil
}

// update makes a call go on with the verbs. A call that is over needs nothing.
func (c *restClient) update(ctx context.Context, callSID string, next twiml) error {
	form := url.Values{"Twiml": {string(next.marshal())}}
	if _, end := next[0].(hangupVerb); end {
		form = url.Values{"Status": {"completed"}}
	}
	if n := len([]rune(form.Get("Twiml"))); n > maxTwiML {
		return fmt.Errorf("TwiML of %d characters is too long", n)
	}
	_, err := c.repeat(ctx, http.MethodPost, callSID, form)
	return err
}

// repeat sends a request until it is answered for good, within ctx. The answer
// is nil for a call that is over or unknown.
func (c *restClient) repeat(ctx context.Context, method, callSID string, form url.Values) ([]byte, error) {
	for pause := restPause; ; pause *= 2 {
		answer, after, err := c.send(ctx, method, callSID, form)
		var refused *restError
		if errors.As(err, &refused) {
			switch {
			case refused.Status == http.StatusNotFound, refused.Code == codeNotFound, refused.Code == codeNotInProgress:
				return nil, nil
			case refused.Status != http.StatusTooManyRequests && refused.Status < http.StatusInternalServerError:
				return nil, err // asking again does not help
			}
		}
		if err == nil {
			return answer, nil
		}
		timer := time.NewTimer(max(pause, after))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
	}
}

// send makes one attempt. after is how long the answer asks to wait.
func (c *restClient) send(
	ctx context.Context, method, callSID string, form url.Values,
) (answer []byte, after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, restAttempt)
	defer cancel()
	target := c.base + "/2010-04-01/Accounts/" + url.PathEscape(c.account) + "/Calls/" + url.PathEscape(callSID) + ".json"
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, 0, fmt.Errorf("make a request of the REST API: %w", err)
	}
	if form != nil {
		r.Header.Set("Content-Type", formType)
	}
	r.SetBasicAuth(c.key, c.secret.Reveal())
	res, err := c.outbound.Do(r)
	if err != nil {
		return nil, 0, fmt.Errorf("ask the REST API: %w", err)
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err != nil {
		return nil, 0, fmt.Errorf("read an answer of the REST API: %w", err)
	}
	if res.StatusCode >= http.StatusOK && res.StatusCode < http.StatusMultipleChoices {
		return answer, 0, nil
	}
	refused := &restError{Status: res.StatusCode}
	var detail struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(answer, &detail) == nil {
		refused.Code = detail.Code
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		after = time.Duration(min(seconds, 60)) * time.Second
	}
	return nil, after, refused
}
