package main

import (
	"context"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

type backupCommand struct {
	settings
	To           string `required:"" type:"path" placeholder:"DIR" help:"Directory to make; it is laid out as a data directory."`
	DatabaseOnly bool   `help:"Leave out the key file and the admin token, which are kept elsewhere."`
}

// Run copies the data of a gateway, which may be running.
func (b *backupCommand) Run(ctx context.Context) error {
	c, err := b.check()
	if err != nil {
		return err
	}
	if err := server.Backup(ctx, c, b.To, !b.DatabaseOnly); err != nil {
		return err
	}
	fmt.Printf("the copy is in %s\n", b.To)
	if !b.DatabaseOnly {
		fmt.Println("it holds the stored credentials and the key that opens them: keep the file kek apart from va.db")
	}
	return nil
}
