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

var (
	mdLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdCode  = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	mdTitle = regexp.MustCompile(`(?m)^#{1,6} +(.+?)\s*$`)
	mdFile  = regexp.MustCompile(`\{\{-? *(?:tffile|codefile +"\w+") +"([^"]+)" *-?\}\}`)
	mdID    = regexp.MustCompile(`<a id="([^"]+)">`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// brokenLinks follows every link between Markdown files, headings included.
// What lies in templates/ is read as the page it becomes in docs/.
func brokenLinks(fsys fs.FS, names []string) []string {
	var found []string
	for _, name := range names {
		page := strings.TrimSuffix(name, ".tmpl")
		if !strings.HasSuffix(page, ".md") {
			continue
		}
		if below, ok := strings.CutPrefix(page, "templates/"); ok {
			page = "docs/" + below
		}
		text := read(fsys, name)
		for _, link := range mdFile.FindAllStringSubmatch(text, -1) {
			if !exists(fsys, link[1]) {
				found = append(found, fmt.Sprintf("%s: includes %s, which is not there", name, link[1]))
			}
		}
		for _, link := range mdLink.FindAllStringSubmatch(mdCode.ReplaceAllString(text, ""), -1) {
			target, heading, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, ":") {
				continue // another site
			}
			file := page
			if target != "" {
				file = path.Join(path.Dir(page), target)
			}
			switch {
			case !exists(fsys, file):
				found = append(found, fmt.Sprintf("%s: link to %s, which is not there", name, link[1]))
			case heading != "" && !headings(read(fsys, file))[heading]:
				found = append(found, fmt.Sprintf("%s: link to %s, which has no such heading", name, link[1]))
			}
		}
	}
	return found
}

// headings gives the anchors of a page: its own, and those GitHub makes.
func headings(text string) map[string]bool {
	anchors := map[string]bool{}
	for _, id := range mdID.FindAllStringSubmatch(text, -1) {
		anchors[id[1]] = true
	}
	for _, title := range mdTitle.FindAllStringSubmatch(text, -1) {
		anchor := notSlug.ReplaceAllString(strings.ToLower(title[1]), "")
		anchors[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	return anchors
}

func TestLinksOfTheDocumentation(t *testing.T) {
	t.Parallel()
	require.Empty(t, brokenLinks(tree(), files(t, tree())))
}

func TestABrokenLinkIsFound(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"README.md": {Data: []byte("[a](docs/a.md) [b](gone.md) [c](docs/a.md#the-end) " +
			"`[d](code.md)` [e](https://x.example)")},
		"docs/a.md":                {Data: []byte("# Start\n[up](../README.md) [here](#start) [there](#nowhere)")},
		"templates/guides/b.md":    {Data: []byte("[a](../a.md) [index](../index.md)")},
		"templates/index.md.tmpl":  {Data: []byte(`{{ tffile "examples/gone.tf" }}`)},
		"examples/present/main.tf": {Data: []byte("")},
	}
	require.ElementsMatch(t, []string{
		"README.md: link to gone.md, which is not there",
		"README.md: link to docs/a.md#the-end, which has no such heading",
		"docs/a.md: link to #nowhere, which has no such heading",
		"templates/guides/b.md: link to ../index.md, which is not there",
		"templates/index.md.tmpl: includes examples/gone.tf, which is not there",
	}, brokenLinks(fsys, files(t, fsys)))
}
