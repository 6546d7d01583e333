package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const ran = `{"Action":"pass","Package":"m/terraform-provider-va/a","Test":"TestTW/TW-01_vectors"}
{"Action":"skip","Package":"m/terraform-provider-va/a","Test":"TestTW/TW-02_names"}
{"Action":"pass","Package":"m/terraform-provider-va/a","Test":"TestTW"}
{"Action":"pass","Package":"m/terraform-provider-va/b","Test":"TestRotationTW03"}
{"Action":"fail","Package":"m/terraform-provider-va/b","Test":"TestTW/TW-04_and_TW-05"}
{"Action":"pass","Package":"m/terraform-provider-va/b","Test":"TestTW-041"}
{"Action":"pass","Package":"m/terraform-provider-va/b"}
`

func TestPromises(t *testing.T) {
	for _, tt := range []struct{ name, list, want, err string }{
		{"subtest", "TW-01 | vectors", "a TestTW/TW-01_vectors", ""},
		{"skipped", "TW-02 | names", "GAP", "TW-02"},
		{"without hyphen", "TW-03 | rotation", "b TestRotationTW03", ""},
		{"failed", "TW-04 | frames", "FAILED b TestTW/TW-04_and_TW-05", "TW-04"},
		{"two in one name", "TW-05 | tone", "FAILED", "TW-05"},
		{"absent", "TW-06 | end", "GAP: no test of that name ran and passed: end", "TW-06"},
		{"a longer number is another", "TW-41 | x", "GAP", "TW-41"},
		{"another page", "W-01 | x", "GAP", "W-01"},
		{"a digit first", "3C-01 | x", "GAP", "3C-01"},
		{"later", "TW-09 | later: recording is not built | both sides", "later: recording is not built", ""},
		{"later and here", "TW-01 | later: x | vectors", "TestTW/TW-01_vectors", ""},
		{"soak", "TW-09 | soak | both sides", "", ""},
		{"target", "TW-09 | make: lint | both sides", "make lint", ""},
		{"may be skipped", "TW-02 | skip: not here | names", "skipped a TestTW/TW-02_names", ""},
		{"may be skipped, but not absent", "TW-06 | skip: not here | end", "GAP", "TW-06"},
		{"no such target", "TW-09 | make: bench | both sides", `does not include "bench"`, "TW-09"},
		{"no marker", "TW-09 | perhaps | both sides", "", "no marker"},
		{"no reason", "TW-09 | later:  | both sides", "", "no marker"},
		{"no text", "TW-09", "", "not an ID"},
		{"twice", "TW-01 | vectors\nTW-01 | vectors", "", "twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "testdata/checklist/x.txt", tt.list+"\n")
			write(t, dir, "build/test.json", ran)
			write(t, dir, "GNUmakefile", "help:\n\ntest: ## all\n\t@$(MAKE) unit lint\n\nbench:\n")
			var out strings.Builder
			err := run(&out, dir, "build/test.json", false)
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("printed %q, want %q", out.String(), tt.want)
			}
		})
	}
}

func TestSoakAsksForItsOwn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "testdata/checklist/x.txt", "TW-01 | soak | vectors\nTW-06 | end\nTW-07 | soak | transfer\n")
	write(t, dir, "build/soak.json", ran)
	write(t, dir, "GNUmakefile", "")
	var out strings.Builder
	err := run(&out, dir, "build/soak.json", true)
	if err == nil || err.Error() != "not kept: TW-07" || strings.Contains(out.String(), "TW-06") {
		t.Errorf("error %v, printed %q", err, out.String())
	}
}

func TestNothingRan(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "testdata/checklist/x.txt", "TW-09 | later: x | y\n")
	write(t, dir, "build/test.json", "")
	var out strings.Builder
	if err := run(&out, dir, "build/test.json", false); err == nil {
		t.Error("an empty run proves nothing")
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
