package house_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// starts finds what starts a goroutine: a statement, or a method such as that
// of sync.WaitGroup.
var starts = regexp.MustCompile(`(?m)^\s*go (?:func\b|\w[\w.]*\()|\.Go\(func\b|\.Go\(\w[\w.]*\)`)

// leaky lists the packages that start goroutines and whose tests do not look
// for those left over.
func leaky(fsys fs.FS, names []string) []string {
	starting, looking := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		dir := path.Dir(name)
		switch text := ""; {
		case !isGo(name) || !strings.HasPrefix(name, "gateway/internal/") || strings.Contains(name, "/testdata/"):
		case isTest(name):
			looking[dir] = looking[dir] || strings.Contains(read(fsys, name), "goleak.VerifyTestMain(")
		default:
			text = read(fsys, name)
			starting[dir] = starting[dir] || starts.MatchString(text)
		}
	}
	var found []string
	for dir, yes := range starting {
		// A package of test helpers is run by the tests that use it.
		if yes && !looking[dir] && !strings.HasSuffix(dir, "test") {
			found = append(found, dir)
		}
	}
	slices.Sort(found)
	return found
}

func TestGoroutinesAreWaitedForSTY06(t *testing.T) {
	t.Parallel()
	require.Empty(t, leaky(tree(), files(t, tree())), "packages without goleak.VerifyTestMain in TestMain")
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	made := fstest.MapFS{
		"gateway/internal/a/a.go":      file("package a\n\tgo func() {}()\n"),
		"gateway/internal/b/b.go":      file("package b\n\tx.running.Go(x.run)\n"),
		"gateway/internal/c/c.go":      file("package c\n\tgo run()\n"),
		"gateway/internal/c/c_test.go": file("package c\ngoleak.VerifyTestMain(m)\n"),
		"gateway/internal/d/d.go":      file("package d // go on\n"),
	}
	require.Equal(t, []string{"gateway/internal/a", "gateway/internal/b"}, leaky(made, files(t, made)))
}
