package provider

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

const (
	testList = "/v1/channels/" + kindTest
	testPath = "/v1/channels/%s/" + kindTest
)

// fill puts n test channels into the fake.
func (f *fake) fill(n int) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]string, n)
	for i := range n {
		ids[i] = api.PrefixChannel + ulid.Make().String()
		o := &object{kind: kindTest, fields: map[string]any{"id": ids[i]}, issued: &issued{}}
		f.issue(o, nil)
		f.touch(o)
		f.objects[ids[i]] = o
	}
	return ids
}

// refresh reads every id, ten at a time, as Terraform does. The answers of
// single reads are held until as many are under way as bulkThreshold lets
// through.
func refresh(t *testing.T, b *bulkReader, ids []string) map[string]int64 {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]int64{}
	work := make(chan string)
	var workers sync.WaitGroup
	for range 10 {
		workers.Go(func() {
			for id := range work {
				var c api.Channel
				err := b.get(t.Context(), id, strings.Replace(testPath, "%s", id, 1), &c)
				mu.Lock()
				switch {
				case err == nil:
					seen[c.ID] = c.Revision
				case !api.IsNotFound(err):
					t.Errorf("read %s: %v", id, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	workers.Wait()
	return seen
}

// gate holds single reads until the listing was asked for.
func gate(f *fake) {
	var once sync.Once
	listing := make(chan struct{})
	f.before = func(_ http.ResponseWriter, r request) bool {
		if r.path == testList {
			once.Do(func() { close(listing) })
		} else {
			<-listing
		}
		return false
	}
}

func newTestBulk(t *testing.T, f *fake) *bulkReader {
	t.Helper()
	client, err := api.NewClient(api.ClientConfig{Endpoint: f.url, Token: fakeToken})
	require.NoError(t, err)
	t.Cleanup(client.CloseIdle)
	return newBulkReader(client, testList)
}

func TestBulkRefreshTF07(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ids := f.fill(1000)
	gate(f)
	b := newTestBulk(t, f)
	b.drop(ids[999])
	gone := api.PrefixChannel + ulid.Make().String()
	seen := refresh(t, b, append(ids, gone))
	require.Len(t, seen, 1000)
	require.NotContains(t, seen, gone)
	lists, singles := 0, 0
	for _, r := range f.made("GET", testList) {
		if r.path == testList {
			lists++
		}
	}
	for _, id := range ids {
		singles += len(f.made("GET", id))
	}
	require.Equal(t, 2, lists, "two pages of 500")
	require.Equal(t, bulkThreshold-1+1, singles, "those before the list, and the one written since")
	require.Len(t, f.made("GET", gone), 1, "absence is believed only from a 404")
}

func TestFewReadsStaySingle(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ids := f.fill(3)
	require.Len(t, refresh(t, newTestBulk(t, f), ids), 3)
	require.Len(t, f.requests, 3)
}

func TestBulkFailureFallsBackTF20(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		list string
	}{
		{"no list at all", `<html>`},
		{"repeated page", `{"items":[],"next":"a"}`},
		{"items of the wrong type", `{"items":[1,"x",null,{"id":7}]}`},
		{"null", `null`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			ids := f.fill(50)
			gate(f)
			held := f.before
			f.before = func(w http.ResponseWriter, r request) bool {
				held(w, r)
				if r.path != testList {
					return false
				}
				_, _ = w.Write([]byte(tt.list))
				return true
			}
			require.Len(t, refresh(t, newTestBulk(t, f), ids), 50)
		})
	}
}
