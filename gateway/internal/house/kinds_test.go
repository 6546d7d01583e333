package house_test

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// kind is what the registry says about one channel kind.
type kind struct {
	name string // as in the resource name and the public path
	dir  string // the directory of its package
}

// missingPieces lists what a channel kind lacks, each as "path: what".
// CONTRIBUTING.md, "Adding a channel kind", tells people the same list.
func missingPieces(fsys fs.FS, k kind) []string {
	var missing []string
	need := func(ok bool, file, what string) {
		if !ok {
			missing = append(missing, fmt.Sprintf("channel kind %q: %s: %s", k.name, file, what))
		}
	}
	resource := "va_channel_" + k.name
	source := "provider/resource_channel_" + k.name + ".go"

	file := "gateway/api/channel_" + k.name + ".go"
	need(exists(fsys, file), file, "the request and computed fields are missing")

	need(exists(fsys, source), source, "the provider's schema and mapping are missing")
	need(registered(fsys, source), "provider/provider.go", "the resource is not registered")

	need(passesSuite(fsys, k.dir), k.dir, "no test calls channeltest.Run")

	file = "gateway/api/openapi.yaml"
	need(strings.Contains(read(fsys, file), "/v1/channels/"+k.name+":"),
		file, "the API description has no path; run make generate")

	for _, name := range []string{"resource.tf", "import.sh", "import-by-string-id.tf"} {
		file = "examples/resources/" + resource + "/" + name
		need(strings.Contains(read(fsys, file), resource+".") || strings.Contains(read(fsys, file), `"`+resource+`"`),
			file, "the example is missing or shows another resource")
	}

	file = "docs/resources/channel_" + k.name + ".md"
	need(strings.Contains(read(fsys, file), resource), file, "the page is missing; run make generate")

	file = "provider/testdata/schema/" + resource + ".golden.json"
	need(exists(fsys, file), file, "no golden; run go test ./provider/internal/docschema -update")

	file = "testdata/calls/" + k.name + ".txtar"
	need(exists(fsys, file), file, "no test call")
	return missing
}

var constructor = regexp.MustCompile(`(?m)^func ([A-Za-z]\w*)\(\) resource\.Resource\b`)

// registered reports whether provider.go names the constructor that source
// declares.
func registered(fsys fs.FS, source string) bool {
	declared := constructor.FindStringSubmatch(read(fsys, source))
	return declared != nil &&
		regexp.MustCompile(`\b`+declared[1]+`\b`).MatchString(read(fsys, "provider/provider.go"))
}

func passesSuite(fsys fs.FS, dir string) bool {
	tests, _ := fs.Glob(fsys, path.Join(dir, "*_test.go"))
	for _, name := range tests {
		if strings.Contains(read(fsys, name), "channeltest.Run(") {
			return true
		}
	}
	return false
}

// complete is a repository with every piece of a kind.
func complete() (fstest.MapFS, kind) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"gateway/api/channel_tin.go":                               file("package api"),
		"gateway/api/openapi.yaml":                                 file("paths:\n  /v1/channels/tin:\n"),
		"gateway/internal/channel/tin/kind_test.go":                file("channeltest.Run(t, tin.Kind{})"),
		"testdata/calls/tin.txtar":                                 file("-- call --"),
		"provider/resource_channel_tin.go":                         file("func newChannelTin() resource.Resource {"),
		"provider/provider.go":                                     file("newAssistant,\nnewChannelTin,\n"),
		"provider/testdata/schema/va_channel_tin.golden.json":      file("{}"),
		"examples/resources/va_channel_tin/resource.tf":            file(`resource "va_channel_tin" "x" {`),
		"examples/resources/va_channel_tin/import.sh":              file("terraform import va_channel_tin.x chn_1"),
		"examples/resources/va_channel_tin/import-by-string-id.tf": file("to = va_channel_tin.x"),
		"docs/resources/channel_tin.md":                            file("# va_channel_tin (Resource)"),
		"unrelated/notes.txt":                                      file("any"),
	}, kind{name: "tin", dir: "gateway/internal/channel/tin"}
}

// TestAMissingPieceIsNamedSTY02 takes each piece away in turn.
func TestAMissingPieceIsNamedSTY02(t *testing.T) {
	t.Parallel()
	whole, k := complete()
	require.Empty(t, missingPieces(whole, k))
	for name := range whole {
		if name == "unrelated/notes.txt" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			without, k := complete()
			delete(without, name)
			require.Len(t, missingPieces(without, k), 1+boolToInt(name == "provider/resource_channel_tin.go"))
		})
	}
	t.Run("not registered", func(t *testing.T) {
		t.Parallel()
		without, k := complete()
		without["provider/provider.go"] = &fstest.MapFile{Data: []byte("newAssistant,\n")}
		require.Equal(t, []string{`channel kind "tin": provider/provider.go: the resource is not registered`},
			missingPieces(without, k))
	})
}

// boolToInt counts the follow-up: a resource that does not exist cannot be
// registered either.
func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
