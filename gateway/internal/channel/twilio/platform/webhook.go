package platform

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliosign"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	webhookTimeout = 15 * time.Second // of one request
	maxAnswer      = 64 << 10         // bytes of one answer, Twilio's limit of a document
	userAgent      = "TwilioProxy/1.1"
)

// webhooks asks a user's URLs what to do. It is safe for concurrent use.
type webhooks struct {
	client *http.Client
	tls    *tls.Config
	token  secret.Value
	call   url.Values // parameters of every request
}

func newWebhooks(roots *x509.CertPool, token secret.Value, call url.Values) *webhooks {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	return &webhooks{
		client: &http.Client{
			Timeout: webhookTimeout,
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: webhookTimeout}).DialContext,
				TLSClientConfig:     config,
				TLSHandshakeTimeout: webhookTimeout,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		tls: config, token: token, call: call,
	}
}

func (w *webhooks) close() { w.client.CloseIdleConnections() }

// ask posts a form and reads the TwiML of the answer. Any other answer is a
// *channel.RefusedError.
func (w *webhooks) ask(ctx context.Context, step, target string, form url.Values) (document, error) {
	status, header, body, err := w.post(ctx, step, target, form)
	if err != nil {
		return document{}, err
	}
	refused := &channel.RefusedError{Step: step, Status: status, Detail: answerDetail(status, body)}
	if status != http.StatusOK {
		return document{}, refused
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if kind != "text/xml" && kind != "application/xml" {
		refused.Detail = fmt.Sprintf("content type %q is not XML (error 12300)", kind)
		return document{}, refused
	}
	doc, err := parse(body)
	if err != nil {
		refused.Detail = err.Error() + " (error 12100)"
		return document{}, refused
	}
	return doc, nil
}

// tell posts a form whose answer is of no use, such as a status callback.
func (w *webhooks) tell(ctx context.Context, step, target string, form url.Values) error {
	if target == "" {
		return nil
	}
	status, _, body, err := w.post(ctx, step, target, form)
	if err == nil && (status < 200 || status > 299) {
		err = &channel.RefusedError{Step: step, Status: status, Detail: answerDetail(status, body)}
	}
	return err
}

func (w *webhooks) post(
	ctx context.Context, step, target string, form url.Values,
) (status int, header http.Header, body []byte, err error) {
	all := maps.Clone(w.call)
	maps.Copy(all, form)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(all.Encode()))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s: %w", step, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("User-Agent", userAgent)
	req.Header[twiliosign.Header] = []string{twiliosign.Sign(w.token.Reveal(), target, all)}
	res, err := w.client.Do(req)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s: %w", step, err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s: read the answer: %w", step, err)
	}
	if len(body) > maxAnswer {
		return 0, nil, nil, fmt.Errorf("%s: %w", step, errors.New("the answer is larger than 64 KiB (error 11750)"))
	}
	return res.StatusCode, res.Header, body, nil
}

// answerDetail is what a refusal shows of an answer.
func answerDetail(status int, body []byte) string {
	if text := strings.TrimSpace(string(body)); text != "" {
		return fmt.Sprintf("%d %s", status, strings.ToValidUTF8(text[:min(len(text), 1000)], ""))
	}
	return fmt.Sprintf("%d %s", status, http.StatusText(status))
}
