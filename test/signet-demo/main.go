// Signet-demo is what make run starts: a cloud, a claimed camera and its owner's page on one machine, in one terminal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"signet/test/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "signet: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var cfg rig.Config
	flag.StringVar(&cfg.Dir, "dir", "run", "state of everything")
	flag.StringVar(&cfg.Bin, "bin", "bin", "folder of the programs")
	flag.StringVar(&cfg.Camera, "camera", "", "recording, folder of JPEGs, /dev/videoN, or empty to choose")
	flag.StringVar(&cfg.FPS, "fps", "", "pace of a recording")
	flag.StringVar(&cfg.MQTT, "mqtt", "localhost:8883", "cloud, for cameras")
	flag.StringVar(&cfg.HTTPS, "https", "localhost:8443", "cloud, for owners")
	port := flag.String("port", "8480", "port of the owner's page on localhost")
	flag.Parse()
	cfg.Page = "localhost:" + *port
	cfg.Say = func(format string, a ...any) { fmt.Printf(format+"\n", a...) }
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	logFile := filepath.Join(cfg.Dir, "log")
	os.Remove(logFile)
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cfg.Line = (&screen{out: os.Stdout, log: log}).line

	r, err := rig.New(cfg)
	if err != nil {
		return err
	}
	if err := r.Setup(ctx); err != nil {
		return err
	}
	defer func() {
		fmt.Println("\nending")
		if err := r.Stop(); err != nil {
			fmt.Fprintf(os.Stderr, "signet: %v\n", err)
			return
		}
		fmt.Println("done; make run goes on with the same owner, camera and events")
	}()
	for _, s := range []struct {
		what  string
		start func(context.Context) error
	}{
		{"cloud", r.StartCloud}, {"camera", r.StartAgent}, {"owner's page", r.StartOwner},
	} {
		if err := s.start(ctx); err != nil {
			return err
		}
		cfg.Say("started %s", s.what)
	}
	cfg.Say("ready: open the link in a browser on this machine; Ctrl-C ends; everything that is said stands in %s", log.Name())
	return wait(ctx, r)
}

// wait returns when somebody ends us or one of the programs has ended by itself.
func wait(ctx context.Context, r *rig.Rig) error {
	select {
	case <-ctx.Done():
		return nil
	case <-r.Cloud.Done():
		return r.Cloud.Failure()
	case <-r.Agent.Done():
		return r.Agent.Failure()
	case <-r.Owner.Done():
		return r.Owner.Failure()
	}
}
