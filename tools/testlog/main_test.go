package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const stream = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t1.2s\n"}
{"Action":"pass","Package":"p","Elapsed":1.2}
{"Action":"output","Package":"q","Test":"TestB","Output":"    b_test.go:7: no\n"}
{"Action":"output","Package":"q","Test":"TestC","Output":"fine\n"}
{"Action":"pass","Package":"q","Test":"TestC"}
{"Action":"fail","Package":"q","Test":"TestB"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
{"Action":"output","Package":"r","Output":"?   \tr\t[no test files]\n"}
{"Action":"skip","Package":"r"}
{"ImportPath":"s","Action":"build-output","Output":"s.go:1: bad\n"}
{"Action":"output","Package":"t","Test":"TestD","Output":"panic: lost\n"}
go: a message
`

func TestPrintsWhatGoTestWould(t *testing.T) {
	file := filepath.Join(t.TempDir(), "build", "test.json")
	var out strings.Builder
	if err := run(strings.NewReader(stream), &out, file, false); err != nil {
		t.Fatal(err)
	}
	const want = "ok  \tp\t1.2s\n    b_test.go:7: no\nFAIL\tq\t0.1s\n?   \tr\t[no test files]\n" +
		"s.go:1: bad\ngo: a message\npanic: lost\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	kept, err := os.ReadFile(file)
	if err != nil || string(kept) != stream {
		t.Errorf("kept %q, %v", kept, err)
	}
}

func TestVerbose(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(stream), &out, filepath.Join(t.TempDir(), "x"), true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "chatter\n") {
		t.Errorf("printed %q", out.String())
	}
}
