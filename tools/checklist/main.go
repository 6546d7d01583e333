// Command checklist compares the promises of testdata/checklist with the tests
// that ran. It reads the output of `go test -json`, prints which tests stand
// for which promise, and fails if one has none.
//
// A list has one promise a line: its ID, perhaps a marker, and its text,
// separated by " | ". A test stands for a promise if its name holds the ID,
// with or without the hyphen: TestX/TW-03_text, TestRotationTF04. The markers:
//
//	soak           a test of `make soak`; -soak asks for these instead
//	skip: reason   a test that was skipped will do
//	make: target   the target of the Makefile that `make test` includes
//	later: reason  the feature is not part of the project yet
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	soak := flag.Bool("soak", false, "ask for the promises marked soak, and only for these")
	root := flag.String("root", "..", "directory of the repository")
	result := flag.String("result", "build/test.json", "output of go test -json, below root")
	flag.Parse()
	if err := run(os.Stdout, *root, *result, *soak); err != nil {
		fmt.Fprintln(os.Stderr, "checklist:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, root, result string, soak bool) error {
	promises, err := readLists(filepath.Join(root, "testdata", "checklist"))
	if err != nil {
		return err
	}
	leaves, err := readResult(filepath.Join(root, result))
	if err != nil {
		return err
	}
	makefile, err := os.ReadFile(filepath.Join(root, "GNUmakefile"))
	if err != nil {
		return err
	}
	var gaps []string
	for _, p := range promises {
		found := leaves.of(p.id)
		proof := strings.Join(found.passed, "\n            ")
		switch {
		case soak != p.soak:
			continue
		case len(found.failed) > 0:
			proof = "FAILED " + strings.Join(found.failed, ", ")
		case p.target != "" && !includes(string(makefile), p.target):
			proof = fmt.Sprintf("GAP: make test does not include %q", p.target)
		case p.target != "":
			proof = "make " + p.target
		case p.skip && proof == "" && len(found.skipped) > 0:
			proof = "skipped " + strings.Join(found.skipped, ", ")
		case p.later != "" && proof == "":
			fmt.Fprintf(out, "%-7s     later: %s\n", p.id, p.later)
			continue
		case proof == "":
			proof = "GAP: no test of that name ran and passed: " + p.text
		}
		if strings.HasPrefix(proof, "GAP") || strings.HasPrefix(proof, "FAILED") {
			gaps = append(gaps, p.id)
		}
		fmt.Fprintf(out, "%-7s %s %s\n", p.id, count(found), proof)
	}
	if len(gaps) > 0 {
		return errors.New("not kept: " + strings.Join(gaps, " "))
	}
	return nil
}

func count(f found) string {
	if n := len(f.passed) + f.more; n > 0 {
		return fmt.Sprintf("%3d", n)
	}
	return "   "
}

// includes reports whether the recipe of the target test, or of one that it
// includes, makes a target.
func includes(makefile, target string) bool {
	_, recipe, ok := strings.Cut(makefile, "\ntest:")
	if !ok {
		return false
	}
	recipe, _, _ = strings.Cut(recipe, "\n\n")
	return slices.Contains(strings.Fields(recipe), target)
}
