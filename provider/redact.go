package provider

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const (
	redacted = "[redacted]"
	// minRedacted is the length below which a string is too common to be
	// searched for: removing it would only damage the text.
	minRedacted = 6
	// maxText is the longest text of one diagnostic, in bytes.
	maxText = 1024
)

// redact removes every secret from text, also in its JSON spelling and also
// where the text was cut in the middle of one. The gateway promises not to
// echo secrets; this does not rely on the promise.
func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) < minRedacted {
			continue
		}
		text = strings.ReplaceAll(text, secret, redacted)
		if spelled, err := json.Marshal(secret); err == nil {
			text = strings.ReplaceAll(text, strings.Trim(string(spelled), `"`), redacted)
		}
		text = redactCut(text, secret)
	}
	return text
}

// redactCut removes the beginning of a secret that ends in "…".
func redactCut(text, secret string) string {
	const ellipsis = "…"
	for n := len(secret) - 1; n >= minRedacted; n-- {
		text = strings.ReplaceAll(text, secret[:n]+ellipsis, redacted+ellipsis)
	}
	return text
}

// sensitiveValues lists the strings below every sensitive attribute of values.
func sensitiveValues(ctx context.Context, sch schema.Schema, values ...tftypes.Value) []string {
	var found []string
	collect := func(value tftypes.Value) {
		_ = tftypes.Walk(value, func(_ *tftypes.AttributePath, v tftypes.Value) (bool, error) {
			var s string
			if v.IsKnown() && !v.IsNull() && v.Type().Is(tftypes.String) && v.As(&s) == nil {
				found = append(found, s)
			}
			return true, nil
		})
	}
	for _, root := range values {
		_ = tftypes.Walk(root, func(at *tftypes.AttributePath, v tftypes.Value) (bool, error) {
			attribute, err := sch.AttributeAtTerraformPath(ctx, at)
			if err == nil && attribute.IsSensitive() {
				collect(v)
			}
			return true, nil
		})
	}
	slices.Sort(found)
	found = slices.Compact(found)
	// Longer ones first, so that a secret inside another leaves no rest.
	slices.SortStableFunc(found, func(a, b string) int { return len(b) - len(a) })
	return found
}

// cut shortens text to n bytes and says so.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n-len("…")], "") + "…"
}
