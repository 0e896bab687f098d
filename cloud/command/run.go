package command

import (
	"context"
	"fmt"
	"log/slog"

	"signet/cloud"
	"signet/owner/web"
)

func run(ctx context.Context, env Env, args []string) error {
	f := flags(env, "run")
	dir := f.String("dir", "", "state folder, made by fleet init")
	mqtt := f.String("mqtt", "127.0.0.1:8883", "address for cameras")
	https := f.String("https", "127.0.0.1:8443", "address for owners and uploads")
	verbose := f.Bool("v", false, "log more")
	var origins list
	f.Var(&origins, "origin", "origin of the owner's page, https://host:port; may be given several times (default: the hosts of the server certificate)")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 0 || *dir == "" {
		return usageError(env, f, "run takes --dir")
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	c, err := cloud.New(cloud.Config{
		Dir: *dir, MQTT: *mqtt, HTTPS: *https, Origins: origins, Page: web.Handler("cloud"),
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
