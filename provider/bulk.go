package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// bulkThreshold is how many single reads may be under way before the whole
// list is fetched instead. Terraform reads ten objects at a time by default.
const bulkThreshold = 8

// bulkReader serves the refresh of many objects of one list. Reads start as
// single requests; when bulkThreshold of them wait at once, one of them lists
// every page and the others wait for it. An object that the list lacks is
// still asked for by itself, so that absence is believed only from a 404.
// Only refresh uses it: data sources must not see a remembered answer.
//
// One mutex guards the fields; listed is closed when the listing is over.
type bulkReader struct {
	client *api.Client
	list   string

	mu      sync.Mutex
	single  int                        // single reads under way
	listed  chan struct{}              // nil before the listing starts
	objects map[string]json.RawMessage // each is handed out once
	written map[string]struct{}        // ids written since: never served from objects
}

func newBulkReader(client *api.Client, list string) *bulkReader {
	return &bulkReader{client: client, list: list, written: map[string]struct{}{}}
}

// get reads the object id, which lives at path, into out.
func (b *bulkReader) get(ctx context.Context, id, path string, out any) error {
	b.mu.Lock()
	switch {
	case b.listed == nil && b.single < bulkThreshold-1:
		b.single++
		b.mu.Unlock()
		defer func() {
			b.mu.Lock()
			b.single--
			b.mu.Unlock()
		}()
		return b.client.Get(ctx, path, out)
	case b.listed == nil:
		b.listed = make(chan struct{})
		b.mu.Unlock()
		b.fetch(ctx)
	default:
		listed := b.listed
		b.mu.Unlock()
		select {
		case <-listed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if raw, ok := b.take(id); ok {
		if err := json.Unmarshal(raw, out); err != nil {
			return fmt.Errorf("list %s: %s is not what this version expects: %w", b.list, id, err)
		}
		return nil
	}
	return b.client.Get(ctx, path, out)
}

// fetch lists everything. A failure leaves the map empty: each read then makes
// its own request and tells its own error.
func (b *bulkReader) fetch(ctx context.Context) {
	objects := map[string]json.RawMessage{}
	items, err := api.List[json.RawMessage](ctx, b.client, b.list)
	if err == nil {
		for _, raw := range items {
			var head struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(raw, &head) == nil {
				objects[head.ID] = raw
			}
		}
	}
	b.mu.Lock()
	b.objects = objects
	b.mu.Unlock()
	close(b.listed)
}

func (b *bulkReader) take(id string) (json.RawMessage, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	raw, ok := b.objects[id]
	delete(b.objects, id)
	if _, written := b.written[id]; written {
		return nil, false
	}
	return raw, ok
}

// drop forgets an object that is about to be written.
func (b *bulkReader) drop(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, id)
	b.written[id] = struct{}{}
}
