package genesysaudioconnector

import (
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// ownerLength is that of every id that can stand behind pathPrefix: a prefix of
// four characters and a ULID.
const ownerLength = len(api.PrefixChannel) + 26

// route takes a request target apart: whose credentials its base URI is of, and
// the connector ID. Genesys documents that it puts the one behind the other, but
// not whether with a slash; a base URI may also have been given with one. So the
// owner is cut off by its length, from the target exactly as received, and a
// query, which an integration may have too, is left out.
func route(target string) (owner, connector string, ok bool) {
	path, _, _ := strings.Cut(target, "?")
	rest, ok := strings.CutPrefix(path, pathPrefix)
	if !ok || len(rest) <= ownerLength {
		return "", "", false
	}
	return rest[:ownerLength], strings.Trim(rest[ownerLength:], "/"), true
}
