package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// shown bounds how many tests are listed for one promise; the others are
// counted.
const shown = 3

// results are the tests without subtests: only these prove something, since a
// test whose every subtest was skipped passes too.
type results map[string]string // "package TestX/name" → pass, fail or skip

// readResult reads the output of go test -json.
func readResult(name string) (results, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ended := results{}
	parents := map[string]bool{}
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(line, &e) == nil && e.Test != "" {
			switch name := e.Package + " " + e.Test; e.Action {
			case "pass", "fail", "skip":
				ended[name] = e.Action
				for i, c := range name {
					if c == '/' && i > len(e.Package) {
						parents[name[:i]] = true
					}
				}
			}
		}
		if err != nil {
			break
		}
	}
	for name := range parents {
		delete(ended, name)
	}
	if len(ended) == 0 {
		return nil, errors.New(name + ": no test ran")
	}
	return ended, nil
}

// found are the tests that stand for one promise.
type found struct {
	passed, failed, skipped []string
	more                    int // passed, not listed
}

// of finds the tests whose name holds an ID.
func (r results) of(id string) found {
	page, number, _ := strings.Cut(id, "-")
	named := regexp.MustCompile(`(?:^|[^A-Z])` + page + `-?` + number + `(?:[^0-9]|$)`)
	var f found
	for name, outcome := range r {
		pkg, test, _ := strings.Cut(name, " ")
		if !named.MatchString(test) {
			continue
		}
		_, pkg, _ = strings.Cut(pkg, "/terraform-provider-va/")
		switch outcome {
		case "pass":
			f.passed = append(f.passed, pkg+" "+test)
		case "fail":
			f.failed = append(f.failed, pkg+" "+test)
		case "skip":
			f.skipped = append(f.skipped, pkg+" "+test)
		}
	}
	slices.Sort(f.passed)
	slices.Sort(f.failed)
	slices.Sort(f.skipped)
	if len(f.passed) > shown {
		f.more = len(f.passed) - shown
		f.passed = f.passed[:shown]
	}
	return f
}
