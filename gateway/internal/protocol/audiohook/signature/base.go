package signature

import (
	"net"
	"net/http"
	"strings"
)

// Components that are no header fields.
const (
	target    = "@request-target"
	authority = "@authority"
)

// Request is what can be signed of an upgrade request.
type Request struct {
	// Target is the request target exactly as received: neither decoded nor
	// cleaned, with its query.
	Target string
	Host   string
	Header http.Header
}

// Of gives what can be signed of a request that a server received.
func Of(r *http.Request) Request {
	return Request{Target: r.RequestURI, Host: r.Host, Header: r.Header}
}

// base is the string that is signed when the authority is as given.
func (c claim) base(r Request, as string) (string, error) {
	var b strings.Builder
	for _, name := range c.components {
		value, err := r.resolve(name, as)
		if err != nil {
			return "", err
		}
		b.WriteString(`"` + name + `": ` + value + "\n")
	}
	b.WriteString(`"@signature-params": ` + c.encoded)
	return b.String(), nil
}

func (r Request) resolve(name, as string) (string, error) {
	switch name {
	case target:
		return r.Target, nil
	case authority:
		return as, nil
	case "host": // net/http keeps it apart
		return r.Host, nil
	}
	values := r.Header.Values(name)
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Trim(v, " \t")
	}
	value := strings.Join(trimmed, ", ")
	if value == "" {
		return "", refused(ReasonUnresolvable)
	}
	return value, nil
}

// Authorities lists how a signer may write the authority of a base URL, given
// its scheme and host: with and without the scheme's default port.
func Authorities(scheme, host string) []string {
	host = strings.ToLower(host)
	port := ":443"
	if scheme == "http" || scheme == "ws" {
		port = ":80"
	}
	if bare, ok := strings.CutSuffix(host, port); ok {
		return []string{bare, host}
	}
	if _, _, err := net.SplitHostPort(host); err == nil {
		return []string{host}
	}
	return []string{host, host + port}
}
