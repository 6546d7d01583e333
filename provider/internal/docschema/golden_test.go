package main

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/provider/internal/schemajson"
)

const goldens = "../../testdata/schema"

var update = flag.Bool("update", false, "rewrite the goldens")

// object is what users and states depend on: a changed line here is a changed
// contract, so it has to be seen in review.
type object struct {
	Schema   *schemajson.Schema   `json:"schema"`
	Identity *schemajson.Identity `json:"identity,omitempty"`
}

// TestSchemaGoldens compares the schema of every resource, data source and
// ephemeral resource with its golden.
func TestSchemaGoldens(t *testing.T) {
	t.Parallel()
	own, err := schema(t.Context())
	require.NoError(t, err)
	objects := map[string]object{"provider": {Schema: own.Config}}
	for name, s := range own.Resources {
		objects[name] = object{Schema: s, Identity: own.Identities[name]}
	}
	for name, s := range own.DataSources {
		objects["data."+name] = object{Schema: s}
	}
	for name, s := range own.Ephemerals {
		objects["ephemeral."+name] = object{Schema: s}
	}
	if *update {
		require.NoError(t, os.RemoveAll(goldens))
		require.NoError(t, os.MkdirAll(goldens, 0o755))
		for name, o := range objects {
			require.NoError(t, os.WriteFile(filepath.Join(goldens, name+".golden.json"), render(t, o), 0o644))
		}
	}

	var have []string
	entries, err := os.ReadDir(goldens)
	require.NoError(t, err)
	for _, entry := range entries {
		have = append(have, entry.Name())
	}
	var want []string
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		want = append(want, name+".golden.json")
	}
	slices.Sort(want)
	require.Equal(t, want, have, "a golden too many or too few: -update")
	for name, o := range objects {
		golden, err := os.ReadFile(filepath.Join(goldens, name+".golden.json"))
		require.NoError(t, err)
		require.Emptyf(t, cmp.Diff(string(golden), string(render(t, o))), "schema of %s; if it is meant: -update", name)
	}
}

// render leaves descriptions out: they are compared as documentation.
func render(t *testing.T, o object) []byte {
	t.Helper()
	data, err := json.Marshal(o)
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal(data, &tree))
	strip(tree)
	data, err = json.MarshalIndent(tree, "", "  ")
	require.NoError(t, err)
	return append(data, '\n')
}

func strip(tree any) {
	members, ok := tree.(map[string]any)
	if !ok {
		return
	}
	if _, ok := members["description"].(string); ok {
		delete(members, "description")
	}
	if _, ok := members["description_kind"].(string); ok {
		delete(members, "description_kind")
	}
	for _, member := range members {
		strip(member)
	}
}
