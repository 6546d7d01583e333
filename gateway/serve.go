package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// settings are the flags that serve and its relatives share.
type settings struct {
	Config          string `type:"path" placeholder:"gateway.hcl" help:"Configuration file (HCL)."`
	config.Settings `embed:""`
}

// check gives the complete configuration.
func (s settings) check() (config.Config, error) {
	complete, err := s.Settings.Load(s.Config)
	if err != nil {
		return config.Config{}, err
	}
	return complete.Check()
}

type serveCommand struct{ settings }

// Run serves until SIGTERM or SIGINT, then drains; a second signal hurries.
func (s *serveCommand) Run(ctx context.Context) error {
	c, err := s.check()
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(os.Stderr, c.LogLevel, c.LogFormat)
	g, err := server.New(ctx, c, server.Options{Version: version, Log: log})
	if err != nil {
		return err
	}
	return g.Run(ctx, hurry(ctx, log))
}

// hurry is done at the first signal that comes after ctx ended.
func hurry(ctx context.Context, log *slog.Logger) context.Context {
	soon, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	go func() { // lives as long as the process
		<-ctx.Done()
		second := make(chan os.Signal, 1)
		signal.Notify(second, os.Interrupt, syscall.SIGTERM)
		<-second
		log.Warn("second signal: calls are ended now")
		cancel(errors.New("second signal"))
	}()
	return soon
}

type checkConfigCommand struct{ settings }

// Run checks the settings.
func (c *checkConfigCommand) Run() error {
	if _, err := c.check(); err != nil {
		return err
	}
	fmt.Println("the settings are complete")
	return nil
}

type defaultConfigCommand struct{}

// Run prints the documented configuration file.
func (*defaultConfigCommand) Run() error {
	_, err := fmt.Print(config.Default())
	return err
}

type versionCommand struct{}

// Run prints the version.
func (*versionCommand) Run() error {
	_, err := fmt.Println(version)
	return err
}
