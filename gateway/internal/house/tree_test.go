package house_test

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root   = "../../.."
	module = "github.com/va-gateway/terraform-provider-va"
)

// unkept are directories that git ignores, wherever they are (.gitignore).
var unkept = map[string]bool{
	".git": true, "bin": true, "build": true, "dist": true, "node_modules": true, "va-data": true, ".terraform": true,
}

// tree is the repository.
func tree() fs.FS { return os.DirFS(root) }

// files lists the files below the root of fsys, with slashes.
func files(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && unkept[entry.Name()]:
			return fs.SkipDir
		case entry.Type().IsRegular():
			names = append(names, name)
		}
		return nil
	})
	require.NoError(t, err)
	return names
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func read(fsys fs.FS, name string) string {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return ""
	}
	return string(data)
}

// under reports whether pkg is dir or below it.
func under(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// child gives the first path element of pkg below dir, or "".
func child(pkg, dir string) string {
	rest, ok := strings.CutPrefix(pkg, dir+"/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(path.Clean(rest), "/")
	return first
}
