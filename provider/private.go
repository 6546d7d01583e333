package provider

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Keys of private state. Values are JSON, as Terraform demands.
const (
	// privateETag holds the entity tag of the last answer.
	privateETag = "etag"
	// privateUncertain is set by a create whose answer never came. Read then
	// keeps the tainted object even on 404, so that the next apply deletes its
	// id: the tombstone makes a request that is still under way harmless.
	privateUncertain = "uncertain"
	// privateAdopt is set by import, and by Read after a rotation whose answer
	// never came: the next update takes rotate_when_changed and the versions of
	// write-only values as they are, without rotating.
	privateAdopt = "adopt"
	// privateRotating holds the credentials_version that an update wanted to
	// replace when its answer never came.
	privateRotating = "rotating"
)

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// ifMatch is the entity tag to send: "*" when none is known.
func ifMatch(ctx context.Context, private privateReader) string {
	var tag string
	raw, _ := private.GetKey(ctx, privateETag)
	if json.Unmarshal(raw, &tag) != nil || tag == "" {
		return "*"
	}
	return tag
}

func setETag(ctx context.Context, private privateWriter, tag string) diag.Diagnostics {
	raw, err := json.Marshal(tag)
	if err != nil || tag == "" {
		return private.SetKey(ctx, privateETag, nil)
	}
	return private.SetKey(ctx, privateETag, raw)
}

func flagged(ctx context.Context, private privateReader, key string) bool {
	raw, _ := private.GetKey(ctx, key)
	return string(raw) == "true"
}

func setFlag(ctx context.Context, private privateWriter, key string, on bool) diag.Diagnostics {
	if on {
		return private.SetKey(ctx, key, []byte("true"))
	}
	return private.SetKey(ctx, key, nil)
}

// number is 0 when the key is absent.
func number(ctx context.Context, private privateReader, key string) int64 {
	raw, _ := private.GetKey(ctx, key)
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func setNumber(ctx context.Context, private privateWriter, key string, n int64) diag.Diagnostics {
	if n == 0 {
		return private.SetKey(ctx, key, nil)
	}
	return private.SetKey(ctx, key, strconv.AppendInt(nil, n, 10))
}
