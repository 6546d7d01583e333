// Command gateway is the va voice gateway: it serves the media endpoints that
// contact-centre platforms connect to, and the admin API.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

type cli struct {
	Serve         serveCommand         `cmd:"" help:"Run the gateway."`
	Call          callCommand          `cmd:"" help:"Place a test call on a channel as its platform would."`
	Token         tokenCommand         `cmd:"" help:"Create an admin token directly in the store."`
	Migrate       migrateCommand       `cmd:"" help:"Bring the database schema up to date and exit."`
	Backup        backupCommand        `cmd:"" help:"Copy the data of a gateway with the embedded store, running or not."`
	Keys          keysCommand          `cmd:"" help:"Rotate or verify the keys."`
	Audit         auditCommand         `cmd:"" help:"Verify the audit log."`
	CheckConfig   checkConfigCommand   `cmd:"" help:"Check the settings and exit."`
	DefaultConfig defaultConfigCommand `cmd:"" help:"Print a configuration file with every setting."`
	OpenAPI       openAPICommand       `cmd:"" name:"openapi" help:"Print the description of the admin API."`
	Version       versionCommand       `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parser := kong.Must(&c, kong.Name("gateway"), kong.UsageOnError(),
		kong.Description("va voice gateway: contact-centre channels in, AI voice assistants out."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "gateway: "+err.Error())
		stop()
		os.Exit(1)
	}
}
