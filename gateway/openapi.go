package main

import (
	"os"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

type openAPICommand struct{}

// Run prints the OpenAPI description, YAML.
func (*openAPICommand) Run() error {
	description, err := server.OpenAPI()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(description)
	return err
}
