package command

import (
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"log/slog"
	"net/http"

	"signet/cloud"
	"signet/internal/cli"
	"signet/owner/web"
)

func run(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	mqtt := f.String("mqtt", "127.0.0.1:8883", "`ADDR` for cameras")
	https := f.String("https", "127.0.0.1:8443", "`ADDR` for owners and uploads")
	verbose := f.Bool("v", false, "log more")
	var origins cli.List
	f.Var(&origins, "origin", "origin `URL` of the owner's page, https://host:port; may be given several times (default: the hosts of the server certificate)")
	if err := parse(f, args, dir); err != nil {
		return err
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	c, err := cloud.New(cloud.Config{
		Dir: *dir, MQTT: *mqtt, HTTPS: *https, Origins: origins, Page: page,
		Log: slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	go func() {
		select {
		case <-c.Ready():
			fmt.Fprintf(env.Stdout, "ready mqtt=%s https=%s\n", c.MQTTAddr(), c.HTTPSAddr())
		case <-ctx.Done():
		}
	}()
	return c.Run(ctx)
}

// page is the owner's page, which is told who serves it and which cloud to log in to.
func page(fleet *x509.Certificate) http.Handler { return web.Handler("cloud", fleet) }

func dirFlag(f *flag.FlagSet) *string {
	return f.String("dir", "", "state folder `DIR`, made by fleet init")
}

// parse reads the flags of a command that takes nothing else, and wants one of them.
func parse(f *flag.FlagSet, args []string, dir *string) error {
	_, err := cli.Parse(f, args, 0)
	if err == nil && *dir == "" {
		err = cli.Misuse(f, "takes --dir")
	}
	return err
}
