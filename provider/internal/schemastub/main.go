// Command schemastub is a provider that knows another provider's schema and
// nothing else. The examples that use other providers are validated with it,
// offline. One binary serves every address: it is copied to
// …/<namespace>/<type>/terraform-provider-<type> and takes the fixture of the
// directory it lies in, since two addresses may share a type name.
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/va-gateway/terraform-provider-va/provider/internal/schemajson"
)

//go:embed fixtures/*.json
var fixtures embed.FS

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "schemastub:", err)
		os.Exit(1)
	}
}

func run() error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Dir(binary)
	namespace, name := filepath.Base(filepath.Dir(dir)), filepath.Base(dir)
	s, err := newServer(namespace + "_" + name)
	if err != nil {
		return err
	}
	address := "registry.terraform.io/" + namespace + "/" + name
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return s })
}

// newServer reads the fixture of a provider, given as <namespace>_<type>.
func newServer(fixture string) (*server, error) {
	data, err := fixtures.ReadFile("fixtures/" + fixture + ".json")
	if err != nil {
		return nil, err
	}
	var p schemajson.Provider
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("fixture %q: %w", fixture, err)
	}
	s := &server{schema: tfprotov6.GetProviderSchemaResponse{
		ResourceSchemas:   map[string]*tfprotov6.Schema{},
		DataSourceSchemas: map[string]*tfprotov6.Schema{},
	}}
	if s.schema.Provider, err = schemajson.Decode(p.Config); err != nil {
		return nil, fmt.Errorf("fixture %q: %w", fixture, err)
	}
	for name, schema := range p.Resources {
		if s.schema.ResourceSchemas[name], err = schemajson.Decode(schema); err != nil {
			return nil, fmt.Errorf("fixture %q: %s: %w", fixture, name, err)
		}
	}
	for name, schema := range p.DataSources {
		if s.schema.DataSourceSchemas[name], err = schemajson.Decode(schema); err != nil {
			return nil, fmt.Errorf("fixture %q: %s: %w", fixture, name, err)
		}
	}
	return s, nil
}
