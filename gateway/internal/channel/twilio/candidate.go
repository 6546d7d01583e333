package twilio

import (
	"net/url"
	"slices"
	"strings"
)

// signedBases lists what Twilio may have signed in place of the public URL:
// the URL as configured first, then the port variants that its own libraries
// produce. Nothing else is accepted. An upgrade may also be signed with the
// scheme it was written with (wss) or as https; the libraries complete a wss
// URL with port 80.
func signedBases(publicURL string, upgrade bool) []string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return []string{publicURL} // refused at start; signatures cannot match
	}
	defaultPort := ":443"
	if u.Scheme == "http" {
		defaultPort = ":80"
	}
	host, port := u.Host, ""
	if u.Port() != "" {
		host, port = strings.TrimSuffix(u.Host, ":"+u.Port()), ":"+u.Port()
	}
	schemes, ports := []string{u.Scheme}, []string{port, ""}
	switch {
	case upgrade:
		schemes = []string{strings.Replace(u.Scheme, "http", "ws", 1), u.Scheme}
		ports = append(ports, ":443", ":80")
	case port == "":
		ports = append(ports, defaultPort)
	}
	var bases []string
	for _, scheme := range schemes {
		for _, port := range ports {
			if b := scheme + "://" + host + port + u.EscapedPath(); !slices.Contains(bases, b) {
				bases = append(bases, b)
			}
		}
	}
	return bases
}

// masked is a request target for people: without a ticket and a query.
func masked(target string) string {
	target, _, _ = strings.Cut(target, "?")
	if before, _, ok := strings.Cut(target, "/"+stepMedia+"/"); ok {
		target = before + "/" + stepMedia + "/{ticket}"
	}
	return target
}
