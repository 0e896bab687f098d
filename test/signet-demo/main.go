// Signet-demo is what make run starts: a cloud, a claimed camera and its owner's page on one machine, in one terminal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"signet/capture/v4l2/device"
	"signet/test/rig"
)

func main() {
	// Also when the terminal is closed.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	cfg, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, cfg)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "signet: %v\n", err)
		os.Exit(1)
	}
}

func parse(args []string) (rig.Config, error) {
	var cfg rig.Config
	f := flag.NewFlagSet("signet-demo", flag.ExitOnError)
	f.StringVar(&cfg.Dir, "dir", "run", "state of everything")
	f.StringVar(&cfg.Bin, "bin", "bin", "folder of the programs")
	f.StringVar(&cfg.Camera, "camera", "", "recording, folder of JPEGs, /dev/videoN, or empty to choose")
	f.StringVar(&cfg.FPS, "fps", "", "pace of a recording")
	f.StringVar(&cfg.MQTT, "mqtt", "localhost:8883", "cloud, for cameras")
	f.StringVar(&cfg.HTTPS, "https", "localhost:8443", "cloud, for owners")
	port := f.String("port", "8480", "port of the owner's page on localhost")
	if err := f.Parse(args); err != nil {
		return cfg, err
	}
	cfg.Page = "localhost:" + *port
	if n, err := strconv.ParseFloat(cfg.FPS, 64); cfg.FPS != "" && (err != nil || n <= 0 || n > 240) {
		return cfg, fmt.Errorf("FPS=%s: must be a number above 0, at most 240", cfg.FPS)
	}
	return cfg, nil
}

func run(ctx context.Context, cfg rig.Config) error {
	held, err := lock(cfg.Dir)
	if err != nil {
		return err
	}
	defer held.Close()
	for _, p := range []struct{ name, addr string }{{"MQTT", cfg.MQTT}, {"HTTPS", cfg.HTTPS}, {"PORT", cfg.Page}} {
		if err := free(p.name, p.addr); err != nil {
			return err
		}
	}
	logFile := filepath.Join(cfg.Dir, "log")
	os.Remove(logFile)
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cfg.Say = func(format string, a ...any) { fmt.Printf(format+"\n", a...) }
	cfg.Line = (&screen{out: os.Stdout, log: log}).line
	if cfg.Camera == "" {
		cfg.Camera = choose(device.Root{}.List(), cfg.Say)
	}

	r, err := rig.New(cfg)
	if err != nil {
		return err
	}
	if err := r.Setup(ctx); err != nil {
		return err
	}
	failed := start(ctx, r, cfg)
	if failed == nil {
		cfg.Say("ready: open the link in a browser on this machine; Ctrl-C ends; everything that is said stands in %s", logFile)
		failed = wait(ctx, r)
	}
	fmt.Println("\nending")
	if err := errors.Join(failed, r.Stop()); err != nil {
		return err
	}
	fmt.Println("done; make run goes on with the same owner, camera and events")
	return nil
}

// lock holds the folder, so that a second demo does not write into the first one's.
func lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w\nhint: run it in a folder that you may write to", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another make run works in %s\nhint: end it with Ctrl-C in its terminal", dir)
	}
	return f, nil
}

// free says whether nobody listens on an address yet.
func free(name, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		example := "localhost:9443"
		if name == "PORT" {
			example = "9480"
		}
		return fmt.Errorf("%s is in use by another program\nhint: choose another one, such as make run %s=%s", addr, name, example)
	}
	return l.Close()
}

func start(ctx context.Context, r *rig.Rig, cfg rig.Config) error {
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
	return nil
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
