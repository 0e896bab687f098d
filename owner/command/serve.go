package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"syscall"

	"signet/internal/cli"
	"signet/owner/serve"
)

func (p Parts) runServe(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	listen := f.String("listen", "localhost:8480", "loopback `ADDR` to serve at")
	handover := f.Bool("handover", false, "give your keys to the page, once, through the link that is printed")
	if err := noArguments(f, args); err != nil {
		return err
	}
	_, o, c, err := begin(dir, cloud)
	if err != nil {
		return err
	}
	s, err := serve.New(serve.Config{
		Listen: *listen, Cloud: c.URL, CA: c.CA, Owner: o, Handover: *handover,
		Page: p.Page(c.CA), Log: slog.New(slog.NewTextHandler(env.Stderr, nil)),
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return cli.WithHint(err, "another one serves there already: use it, or --listen localhost:0 for any free port")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "your page: %s\n", s.Link())
	if *handover {
		fmt.Fprintln(env.Stdout, "It gives your keys to the first browser that opens it, once, within ten minutes.")
	}
	return s.Run(ctx)
}
