// Command release builds the archives of one version into dist/: the provider
// as the Terraform registry wants it, and, apart from it, the gateway. The
// same commit always gives the same bytes.
//
// https://developer.hashicorp.com/terraform/registry/providers/publishing
package main

import (
	"archive/zip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// allTargets leaves out what Go does not support (darwin/386, darwin/arm) and
// windows/arm, which Go dropped.
const allTargets = "linux/amd64,linux/arm64,linux/386,linux/arm," +
	"darwin/amd64,darwin/arm64," +
	"windows/amd64,windows/arm64,windows/386," +
	"freebsd/amd64,freebsd/arm64,freebsd/386,freebsd/arm"

// gatewayTargets are the systems a gateway is run on.
var gatewayTargets = map[string]bool{"linux/amd64": true, "linux/arm64": true, "darwin/arm64": true}

// built is the fixed time of every archive member: the first one zip can hold.
var built = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func main() {
	version := flag.String("version", "", "version without a leading v")
	targets := flag.String("targets", allTargets, "os/arch, comma-separated")
	flag.Parse()
	if err := run(*version, strings.Split(*targets, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(version string, targets []string) error {
	if version == "" || strings.HasPrefix(version, "v") {
		return fmt.Errorf("-version %q: a version such as 1.2.3 is needed", version)
	}
	if err := os.Chdir(".."); err != nil { // go -C tools run ./release starts in tools/
		return err
	}
	provider, gateway := filepath.Join("dist", "provider"), filepath.Join("dist", "gateway")
	if err := errors.Join(os.RemoveAll("dist"), os.MkdirAll(provider, 0o755), os.MkdirAll(gateway, 0o755)); err != nil {
		return err
	}
	for _, target := range targets {
		goos, goarch, ok := strings.Cut(target, "/")
		if !ok {
			return fmt.Errorf("target %q is not os/arch", target)
		}
		if err := archive(provider, ".", "terraform-provider-va", version, goos, goarch); err != nil {
			return err
		}
		if gatewayTargets[target] {
			if err := archive(gateway, "./gateway", "va-gateway", version, goos, goarch); err != nil {
				return err
			}
		}
	}
	manifest, err := os.ReadFile("terraform-registry-manifest.json")
	if err != nil {
		return err
	}
	name := filepath.Join(provider, "terraform-provider-va_"+version+"_manifest.json")
	if err := os.WriteFile(name, manifest, 0o644); err != nil {
		return err
	}
	return errors.Join(sums(provider, "terraform-provider-va", version), sums(gateway, "va-gateway", version))
}

// archive builds one command and puts it with the licence into a zip file.
func archive(dir, pkg, name, version, goos, goarch string) error {
	binary := name + "_v" + version
	if goos == "windows" {
		binary += ".exe"
	}
	out := filepath.Join(dir, binary)
	defer os.Remove(out)

	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+version, "-o", out, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build %s for %s/%s: %w", pkg, goos, goarch, err)
	}

	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s_%s_%s_%s.zip", name, version, goos, goarch)))
	if err != nil {
		return err
	}
	defer file.Close()
	w := zip.NewWriter(file)
	if err := errors.Join(add(w, out, 0o755), add(w, "LICENSE", 0o644), w.Close(), file.Close()); err != nil {
		return fmt.Errorf("archive %s: %w", file.Name(), err)
	}
	fmt.Println(file.Name())
	return nil
}

func add(w *zip.Writer, path string, mode os.FileMode) error {
	content, err := os.Open(path)
	if err != nil {
		return err
	}
	defer content.Close()
	header := &zip.FileHeader{Name: filepath.Base(path), Method: zip.Deflate, Modified: built}
	header.SetMode(mode)
	member, err := w.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(member, content)
	return err
}

// sums writes the SHA256SUMS file over everything else in dir. It is signed
// outside, where the key is.
func sums(dir, name, version string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	return os.WriteFile(filepath.Join(dir, name+"_"+version+"_SHA256SUMS"), []byte(list.String()), 0o644)
}
