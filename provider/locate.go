package provider

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var locationStep = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// locate follows the location of a problem, such as
// "body.transfers.desk.destination" or "tags[2]", into the values that were
// sent. It stops where the attributes end: at a set, which has no positions,
// at a null or unknown value, or at a name the schema lacks. An empty path
// means that the location names no attribute at all.
//
// A secret that was given in its write-only form is found under that name, and
// so is its version.
func locate(values tftypes.Value, location string) (path.Path, tftypes.Value) {
	at, value := path.Empty(), values
	for _, step := range locationStep.FindAllString(strings.TrimPrefix(location, "body."), -1) {
		if value.IsNull() || !value.IsKnown() {
			break
		}
		switch {
		case value.Type().Is(tftypes.Object{}):
			var members map[string]tftypes.Value
			if value.As(&members) != nil {
				return at, value
			}
			name, child, ok := member(members, step)
			if !ok {
				return at, value
			}
			at, value = at.AtName(name), child
		case value.Type().Is(tftypes.Map{}):
			var members map[string]tftypes.Value
			child, ok := value, false
			if value.As(&members) == nil {
				child, ok = members[step]
			}
			if !ok {
				return at, value
			}
			at, value = at.AtMapKey(step), child
		case value.Type().Is(tftypes.List{}):
			var members []tftypes.Value
			n, err := strconv.Atoi(strings.Trim(step, "[]"))
			if err != nil || value.As(&members) != nil || n >= len(members) {
				return at, value
			}
			at, value = at.AtListIndex(n), members[n]
		default:
			return at, value
		}
	}
	return at, value
}

func member(members map[string]tftypes.Value, name string) (string, tftypes.Value, bool) {
	child, ok := members[name]
	if writeOnly, has := members[name+"_wo"]; has && !writeOnly.IsNull() && (!ok || child.IsNull()) {
		return name + "_wo", writeOnly, true
	}
	if secret, is := strings.CutSuffix(name, "_version"); is && !ok {
		name = secret + "_wo_version"
		child, ok = members[name]
	}
	return name, child, ok
}

// printable gives a short form of a primitive value for a message, or "".
func printable(value tftypes.Value) string {
	const maxPrinted = 120
	if value.IsNull() || !value.IsKnown() {
		return ""
	}
	var s string
	if value.Type().Is(tftypes.String) && value.As(&s) == nil {
		return strconv.QuoteToGraphic(cut(s, maxPrinted))
	}
	return ""
}
