package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// firstOf is the value of the first header with one of the names.
func firstOf(r *sip.Request, names ...string) string {
	for _, name := range names {
		if h := r.GetHeader(name); h != nil {
			return h.Value()
		}
	}
	return ""
}

// lists reports whether a header names an option, in one line or several.
func lists(r *sip.Request, header, option string) bool {
	for _, h := range r.GetHeaders(header) {
		for _, one := range strings.Split(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(one), option) {
				return true
			}
		}
	}
	return false
}

// mediaType reports whether the body of a request is of the type.
func mediaType(r *sip.Request, want string) bool {
	h := r.ContentType()
	if h == nil {
		return false
	}
	have, _, _ := strings.Cut(h.Value(), ";")
	return strings.EqualFold(strings.TrimSpace(have), want)
}

func accepts(list, want string) bool {
	for _, one := range strings.Split(list, ",") {
		one, _, _ = strings.Cut(one, ";")
		switch strings.ToLower(strings.TrimSpace(one)) {
		case want, "*/*", "application/*":
			return true
		}
	}
	return false
}

func tag(p sip.HeaderParams) string { return p.GetOr("tag", "") }
