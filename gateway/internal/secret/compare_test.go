package secret_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// revealing are the calls whose results must not be compared byte by byte.
var revealing = []string{"Reveal", "HashToken"}

// comparing are functions that stop at the first difference.
var comparing = []string{
	"bytes.Equal", "bytes.Compare", "strings.Compare", "strings.EqualFold", "slices.Equal", "reflect.DeepEqual",
	"bytes.HasPrefix", "strings.HasPrefix", "bytes.Contains", "strings.Contains",
}

// Threat 5: secrets are compared in constant time everywhere in the gateway.
// (secret.Value itself cannot be compared at all: the compiler refuses ==.)
func TestThreat05NoByteWiseComparisonOfSecrets(t *testing.T) {
	t.Parallel()
	files := 0
	root := filepath.Join("..", "..") // gateway
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // the compiler reports it better
		}
		for _, pos := range leakyComparisons(file) {
			t.Errorf("%s: a secret is compared byte by byte; use Value.Equal or hmac.Equal", fset.Position(pos))
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 10, "the walk must see the gateway's sources")
}

func TestLeakyComparisonsAreFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, expr string
		want       int
	}{
		{"equal", `v.Reveal() == presented`, 1},
		{"not equal", `presented != v.Reveal()`, 1},
		{"nested", `string(ring.HashToken(p)) == string(row.Hash)`, 1},
		{"bytes.Equal", `bytes.Equal(ring.HashToken(p), row.Hash)`, 1},
		{"emptiness", `v.Reveal() == ""`, 0},
		{"length", `len(v.Reveal()) < 32`, 0},
		{"constant time", `hmac.Equal(ring.HashToken(p), row.Hash)`, 0},
		{"value", `v.Equal(presented)`, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			expr, err := parser.ParseExpr(tc.expr)
			require.NoError(t, err)
			require.Len(t, leakyComparisons(expr), tc.want)
		})
	}
}

func leakyComparisons(node ast.Node) []token.Pos {
	var found []token.Pos
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if (n.Op == token.EQL || n.Op == token.NEQ) && !isEmptyString(n.X) && !isEmptyString(n.Y) &&
				(reveals(n.X) || reveals(n.Y)) {
				found = append(found, n.OpPos)
			}
		case *ast.CallExpr:
			if slices.Contains(comparing, calledName(n)) && slices.ContainsFunc(n.Args, reveals) {
				found = append(found, n.Pos())
			}
		}
		return true
	})
	return found
}

// reveals reports whether an expression hands on secret bytes. len does not.
func reveals(expr ast.Expr) bool {
	call, ok := expr.(*ast.CallExpr)
	if !ok {
		return false
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(revealing, sel.Sel.Name) {
		return true
	}
	if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "len" {
		return false
	}
	return slices.ContainsFunc(call.Args, reveals)
}

func calledName(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return pkg.Name + "." + sel.Sel.Name
}

func isEmptyString(expr ast.Expr) bool {
	lit, ok := expr.(*ast.BasicLit)
	return ok && lit.Value == `""`
}
