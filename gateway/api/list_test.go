package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// pages answers a list with whatever page next gives for a cursor.
func pages(asked *atomic.Int64, next func(after string) api.Page[string]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_ = json.NewEncoder(w).Encode(next(r.URL.Query().Get("after")))
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	t.Run("all pages", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int64
		c := served(t, 0, pages(&asked, func(after string) api.Page[string] {
			switch after {
			case "":
				return api.Page[string]{Items: []string{"a", "b"}, Next: "b & c=1"}
			case "b & c=1": // a cursor is opaque and arrives as it was
				return api.Page[string]{Items: []string{"c"}, Next: "500"}
			case "500": // of numbers as text, the next may sort before
				return api.Page[string]{Next: "1000"}
			}
			return api.Page[string]{}
		}))
		all, err := api.List[string](t.Context(), c, "/v1/x")
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "c"}, all)
		require.EqualValues(t, 4, asked.Load())
	})
	for name, cursors := range map[string][]string{
		"the cursor repeats": {"b", "b"},
		"the cursors circle": {"b", "a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			c := served(t, 0, pages(&asked, func(string) api.Page[string] {
				return api.Page[string]{Items: []string{"x"}, Next: cursors[asked.Load()-1]}
			}))
			_, err := api.List[string](t.Context(), c, "/v1/x")
			require.ErrorContains(t, err, "repeated the cursor")
			require.EqualValues(t, len(cursors), asked.Load())
		})
	}
	t.Run("endless pages", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int64
		c := served(t, 0, pages(&asked, func(string) api.Page[string] {
			return api.Page[string]{Next: fmt.Sprintf("%08d", asked.Load())}
		}))
		_, err := api.List[string](t.Context(), c, "/v1/x")
		require.ErrorContains(t, err, "more than 1000 pages")
	})
	t.Run("a page fails", func(t *testing.T) {
		t.Parallel()
		c := served(t, 0, script(new(atomic.Int64), "", 403))
		_, err := api.List[string](t.Context(), c, "/v1/x")
		require.Equal(t, 403, api.Status(err))
	})
}
