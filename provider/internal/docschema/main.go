// Command docschema prints the provider's own schema in the form of
// `terraform providers schema -json`, so that the documentation is generated
// without a Terraform binary and shows the same on every machine.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/va-gateway/terraform-provider-va/provider"
	"github.com/va-gateway/terraform-provider-va/provider/internal/schemajson"
)

// address is the only full one that tfplugindocs looks up for --provider-name
// va (terraform-plugin-docs v0.25.0, internal/provider/generate.go).
const address = "registry.terraform.io/hashicorp/va"

func main() {
	if err := write(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "docschema:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, w io.Writer) error {
	own, err := schema(ctx)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(schemajson.Providers{
		FormatVersion: schemajson.FormatVersion,
		Providers:     map[string]*schemajson.Provider{address: own},
	})
}

// schema asks the provider as a core would.
func schema(ctx context.Context) (*schemajson.Provider, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("docs")())()
	if err != nil {
		return nil, err
	}
	answer, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	return schemajson.Encode(answer, identities)
}
