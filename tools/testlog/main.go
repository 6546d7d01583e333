// Command testlog reads the output of `go test -json` on its standard input,
// keeps it in a file for other tools, and prints what plain `go test` would
// have printed: a line for each package, and what failed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("o", "", "file for the JSON lines")
	verbose := flag.Bool("v", false, "print the output of tests that pass, too")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *out, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "testlog:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, name string, verbose bool) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	kept := bufio.NewWriter(file)
	p := newPrinter(out)
	p.verbose = verbose
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if _, err := kept.Write(line); err != nil {
				return err
			}
			p.line(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	p.rest()
	if err := kept.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// event is one line, see `go doc test2json`.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// printer holds back the output of tests until it is known whether they
// failed.
type printer struct {
	out     io.Writer
	verbose bool
	pending map[string][]event // output by package
}

func newPrinter(out io.Writer) *printer { return &printer{out: out, pending: map[string][]event{}} }

func (p *printer) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(p.out, "%s", line) // not from a test: a message of the go command
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(p.out, e.Output)
	case e.Action == "output" && p.verbose:
		fmt.Fprint(p.out, e.Output)
	case e.Action == "output":
		p.pending[e.Package] = append(p.pending[e.Package], e)
	case e.Test == "" && (e.Action == "pass" || e.Action == "skip"):
		p.passed(e.Package)
	case e.Test == "" && e.Action == "fail":
		p.failed(e.Package)
	case e.Action == "pass" || e.Action == "skip":
		p.forget(e.Package, e.Test)
	}
}

// forget drops the output of a test that did not fail.
func (p *printer) forget(pkg, test string) {
	var kept []event
	for _, e := range p.pending[pkg] {
		if e.Test != test {
			kept = append(kept, e)
		}
	}
	p.pending[pkg] = kept
}

// passed prints the closing line of a package.
func (p *printer) passed(pkg string) {
	for _, e := range p.pending[pkg] {
		if strings.HasPrefix(e.Output, "ok  ") || strings.HasPrefix(e.Output, "?   ") {
			fmt.Fprint(p.out, e.Output)
		}
	}
	delete(p.pending, pkg)
}

// failed prints everything that is left of a package: what failed, and what
// did not end.
func (p *printer) failed(pkg string) {
	for _, e := range p.pending[pkg] {
		fmt.Fprint(p.out, e.Output)
	}
	delete(p.pending, pkg)
}

// rest prints what belongs to packages that were never reported on.
func (p *printer) rest() {
	for pkg := range p.pending {
		p.failed(pkg)
	}
}
