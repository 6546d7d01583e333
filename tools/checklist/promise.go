package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// promise is one line of a list.
type promise struct {
	id, text string
	soak     bool
	target   string // of the Makefile
	later    string // why
	skip     bool   // a skipped test will do
}

var validID = regexp.MustCompile(`^[0-9]?[A-Z]+-[0-9]{2}$`)

// readLists reads every list of a directory, in the order of their names.
func readLists(dir string) ([]promise, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no lists in %q", dir)
	}
	var all []promise
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			p, err := parse(line)
			if err == nil && seen[p.id] {
				err = fmt.Errorf("%s is listed twice", p.id)
			}
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
			seen[p.id] = true
			all = append(all, p)
		}
	}
	return all, nil
}

func parse(line string) (promise, error) {
	parts := strings.SplitN(line, " | ", 3)
	p := promise{id: parts[0], text: parts[len(parts)-1]}
	if !validID.MatchString(p.id) || len(parts) < 2 {
		return p, fmt.Errorf("%q is not an ID, perhaps a marker, and a text, separated by \" | \"", line)
	}
	if len(parts) == 2 {
		return p, nil
	}
	name, value, _ := strings.Cut(parts[1], ": ")
	switch {
	case parts[1] == "soak":
		p.soak = true
	case name == "make" && value != "":
		p.target = value
	case name == "skip" && value != "":
		p.skip = true
	case name == "later" && value != "":
		p.later = value
	default:
		return p, fmt.Errorf("%s: %q is no marker: soak, \"make: target\", \"skip: reason\" or \"later: reason\"",
			p.id, parts[1])
	}
	return p, nil
}
