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

// sourceRule is one rule about the lines of files. Patterns are written so
// that they do not match their own source.
type sourceRule struct {
	what    string
	applies func(name string) bool
	broken  func(line string) bool
}

var sourceRules = []sourceRule{
	{"a path of somebody's machine", kept, matches(
		`(?:^|[\s"'=(:\x60])/(?:home|Users|root|work|workspace|builds|private/var)/[\w.-]`)},
	{"a package registry that not everybody can reach", isLock, func(line string) bool {
		from := resolved.FindStringSubmatch(line)
		return from != nil && !strings.HasPrefix(from[1], "https://registry.npmjs.org/")
	}},
	{"a licence header: LICENSE is enough", isGo, matches(`^(?://|/\*)\s*(?:SPDX-License|Copyright)`)},
	{"a test that sleeps; wait for an event or use testing/synctest", isTest, matches(`\btime\.Sleep\(`)},
	{"an assertion that goes on after a failure; use require", isTest, matches(
		`"github\.com/stretchr/testify/asser[t]"`)},
	{"a note for later without an issue number", isGo, matches(`//\s*(?:TODO|FIXME|XXX)\b(?:[^#]|#\D)*$`)},
	{"a fixed port in a test; listen on 127.0.0.1:0", isTest, matches(`net\.Listen\w*\([^)]*:\d*[1-9]\d*"`)},
}

// resolved finds where npm fetches a package from.
var resolved = regexp.MustCompile(`"resolved": "([^"]*)"`)

func matches(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

func kept(name string) bool   { return name != "LICENSE" && !strings.HasSuffix(name, ".sum") }
func isGo(name string) bool   { return strings.HasSuffix(name, ".go") }
func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }
func isLock(name string) bool { return path.Base(name) == "package-lock.json" }

func sourceBreaches(fsys fs.FS, names []string) []string {
	var found []string
	for _, name := range names {
		text := read(fsys, name)
		for _, rule := range sourceRules {
			if !rule.applies(name) {
				continue
			}
			for i, line := range strings.Split(text, "\n") {
				if rule.broken(line) {
					found = append(found, fmt.Sprintf("%s:%d: %s", name, i+1, rule.what))
				}
			}
		}
	}
	return found
}

func TestSource(t *testing.T) {
	t.Parallel()
	require.Empty(t, sourceBreaches(tree(), files(t, tree())))
}

func TestEachSourceRuleFinds(t *testing.T) {
	t.Parallel()
	slash := "/" // keeps this file clean of what it looks for
	cases := []struct{ name, file, text, want string }{
		{"home directory", "README.md", "cd " + slash + "home/ada/va", "somebody's machine"},
		{"build directory", "GNUmakefile", "X=" + slash + "work/va", "somebody's machine"},
		{"private registry", "x/package-lock.json", `"resolved": "https://npm.example.com/a.tgz"`, "registry"},
		{"header", "a.go", "/" + "/ Copyright 2026 Ada", "licence header"},
		{"sleep", "a_test.go", "time." + "Sleep(1)", "sleeps"},
		{"assert", "a_test.go", `"github.com/stretchr/testify/` + `assert"`, "require"},
		{"note", "a.go", "/" + "/ TO" + "DO later", "issue number"},
		{"port", "a_test.go", `net.` + `Listen("tcp", "127.0.0.1:` + `8080")`, "fixed port"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{c.file: {Data: []byte("first line\n" + c.text + "\n")}}
			found := sourceBreaches(fsys, []string{c.file})
			require.Len(t, found, 1)
			require.Contains(t, found[0], c.file+":2: ")
			require.Contains(t, found[0], c.want)
		})
	}
}

var packageComment = regexp.MustCompile(`(?m)^// Package \w+ [\s\S]*?\npackage \w+$`)

// undocumented lists packages whose comment is not in doc.go. Commands have
// theirs in main.go, packages of tests alone need none.
func undocumented(fsys fs.FS, names []string) []string {
	clause := regexp.MustCompile(`(?m)^package (\w+)$`)
	seen := map[string]bool{}
	var found []string
	for _, name := range names {
		dir := path.Dir(name)
		if !isGo(name) || isTest(name) || seen[dir] || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		seen[dir] = true
		declared := clause.FindStringSubmatch(read(fsys, name))
		switch {
		case declared == nil:
			found = append(found, name+": no package clause")
		case declared[1] == "main":
			if !strings.Contains(read(fsys, path.Join(dir, "main.go")), "// Command ") {
				found = append(found, path.Join(dir, "main.go")+": say what the command does: // Command …")
			}
		case !packageComment.MatchString(read(fsys, path.Join(dir, "doc.go"))):
			found = append(found, path.Join(dir, "doc.go")+": say what the package is for: // Package …")
		}
	}
	return found
}

func TestEveryPackageHasItsComment(t *testing.T) {
	t.Parallel()
	require.Empty(t, undocumented(tree(), files(t, tree())))
	lacking := fstest.MapFS{
		"a/a.go":    {Data: []byte("package a\n")},
		"b/doc.go":  {Data: []byte("// Package b is documented.\npackage b\n")},
		"c/main.go": {Data: []byte("package main\n")},
	}
	require.Len(t, undocumented(lacking, files(t, lacking)), 2)
}
