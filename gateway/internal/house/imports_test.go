package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goPackage is what `go list -json` says about the imports of one package.
type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// breaches checks every import of every package against every rule.
func breaches(packages []goPackage) []string {
	var found []string
	for _, p := range packages {
		pkg := short(p.ImportPath)
		if pkg == housePkg {
			continue
		}
		check := func(imports []string, test bool) {
			for _, imported := range imports {
				imported = short(imported)
				if imported == strings.TrimSuffix(pkg, "_test") {
					continue
				}
				for _, rule := range importRules {
					if why := rule.broken(pkg, imported, test); why != "" {
						found = append(found, fmt.Sprintf("import %s: %q imports %q: %s", rule.name, pkg, imported, why))
					}
				}
			}
		}
		check(p.Imports, false)
		check(slices.Concat(p.TestImports, p.XTestImports), true)
	}
	return found
}

func TestImportDirectionsSTY01(t *testing.T) {
	t.Parallel()
	require.Empty(t, breaches(list(t, "./...")), "see CONTRIBUTING.md, Import directions")
}

// TestProviderLinksNoMediaCode looks at everything that ends up in the plugin.
func TestProviderLinksNoMediaCode(t *testing.T) {
	t.Parallel()
	packages := list(t, "-deps", ".")
	require.NotEmpty(t, packages)
	for _, p := range packages {
		require.Empty(t, unwelcome(p.ImportPath), "import rule 2 (provider): %s is linked into the provider", p.ImportPath)
	}
}

func unwelcome(importPath string) string {
	for _, prefix := range []string{
		"github.com/pion/", "github.com/emiago/", "github.com/jackc/pgx", "modernc.org/sqlite",
		"github.com/gorilla/websocket", "github.com/danielgtaylor/huma", module + "/gateway/internal",
	} {
		if strings.HasPrefix(importPath, prefix) {
			return prefix
		}
	}
	return ""
}

func TestEachImportRuleFindsSTY01(t *testing.T) {
	t.Parallel()
	cases := []struct {
		rule, pkg, imported string
		test                bool
	}{
		{rule: "rule 1", pkg: "gateway/api", imported: "github.com/oklog/ulid/v2"},
		{rule: "rule 1", pkg: "gateway/api", imported: "gateway/internal/audio"},
		{rule: "rule 1", pkg: "gateway/sipaddress", imported: "gateway/api"},
		{rule: "rule 1", pkg: "gateway/internal/audio", imported: "gateway/api"},
		{rule: "rule 2", pkg: "provider", imported: "gateway/internal/secret"},
		{rule: "rule 2", pkg: "", imported: "gateway/gatewaytest"},
		{rule: "rule 2", pkg: "provider", imported: "gateway/internal/server", test: true},
		{rule: "rule 2", pkg: "provider/internal/x", imported: "github.com/hashicorp/terraform-plugin-sdk/v2/helper"},
		{rule: "rule 3", pkg: "gateway/internal/call", imported: "gateway/api"},
		{rule: "rule 3", pkg: "gateway/internal/call", imported: "gateway/internal/channel"},
		{rule: "rule 4", pkg: "gateway/internal/channel/twilio", imported: "gateway/internal/channel/webrtc"},
		{rule: "rule 4", pkg: "gateway/internal/engine/scripted", imported: "gateway/internal/engine/cascade", test: true},
		{rule: "rule 5", pkg: "gateway/internal/protocol/twiliomedia", imported: "gateway/internal/channel"},
		{rule: "rule 5", pkg: "gateway/internal/protocol/twiliomedia", imported: "gateway/api"},
		{rule: "rule 6", pkg: "gateway/internal/ingress", imported: "gateway/internal/channel/twilio"},
		{rule: "rule 6", pkg: "gateway/internal/admin", imported: "gateway/internal/store/sqlite"},
		{rule: "rule 7", pkg: "gateway/internal/admin", imported: "gateway/internal/server"},
		{rule: "rule 8", pkg: "gateway/internal/admin", imported: "gateway/internal/store/storetest"},
		{rule: "rule 8", pkg: "gateway/internal/audio", imported: "github.com/stretchr/testify/require"},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.pkg+" "+c.imported, func(t *testing.T) {
			t.Parallel()
			imported := c.imported
			if ours(imported) {
				imported = module + "/" + imported
			}
			p := goPackage{ImportPath: strings.TrimSuffix(module+"/"+c.pkg, "/"), Imports: []string{imported}}
			if c.test {
				p.Imports, p.XTestImports = nil, p.Imports
			}
			found := breaches([]goPackage{p})
			require.NotEmpty(t, found)
			require.Contains(t, strings.Join(found, "\n"), "import "+c.rule)
		})
	}
}

func TestImportRulesAllowWhatTheLayoutNeeds(t *testing.T) {
	t.Parallel()
	in := func(names ...string) []string {
		for i := range names {
			names[i] = module + "/" + names[i]
		}
		return names
	}
	packages := []goPackage{
		{ImportPath: module, Imports: in("provider")},
		{ImportPath: module + "/provider", Imports: in("gateway/api"), XTestImports: in("gateway/gatewaytest")},
		{ImportPath: module + "/gateway/api", Imports: in("gateway/sipaddress")},
		{ImportPath: module + "/gateway/internal/protocol/sipua", Imports: in("gateway/sipaddress")},
		{ImportPath: module + "/gateway", Imports: in("gateway/internal/server", "gateway/api")},
		{ImportPath: module + "/gateway/gatewaytest", Imports: append(in("gateway/internal/server"), "testing")},
		{
			ImportPath: module + "/gateway/internal/server",
			Imports:    in("gateway/internal/store/sqlite", "gateway/internal/channel/all"),
		},
		{ImportPath: module + "/gateway/internal/call", Imports: in("gateway/internal/audio")},
		{ImportPath: module + "/gateway/internal/channel/all", Imports: in("gateway/internal/channel/twilio")},
		{
			ImportPath: module + "/gateway/internal/channel/twilio",
			Imports: in("gateway/internal/channel", "gateway/internal/call",
				"gateway/internal/protocol/twiliomedia", "gateway/api"),
			XTestImports: in("gateway/internal/channel/channeltest"),
		},
	}
	require.Empty(t, breaches(packages))
}

// list runs `go list` in the root of the repository.
func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoErrorf(t, err, "%s", stderr.String())
	var packages []goPackage
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := in.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}
