package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strconv"

	"signet/test/boards/usbcam/camera"
	"signet/test/boards/usbcam/footage"
)

// defaultSocket is where a camera listens for commands.
const defaultSocket = "/run/usbcam.sock"

// serve is a camera until ctx ends. It listens for commands before it plugs itself in.
func serve(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	socket := f.String("socket", defaultSocket, "Unix socket for commands")
	unplugged := f.Bool("unplugged", false, "do not plug in at once")
	verbose := f.Bool("v", false, "log")
	film := f.String("h264", "", "recording of H.264, Annex B; needs h264 in -formats")
	cfg := camera.Config{Vendor: 0x1d6b, Product: 0x0102}
	f.Func("footage", "recording of JPEGs one after another; repeat it for further sizes", func(path string) error {
		p, err := footage.LoadJPEGs(path)
		cfg.Pictures = append(cfg.Pictures, p)
		return err
	})
	f.Func("vendor", "USB vendor id, hexadecimal (1d6b)", hex(&cfg.Vendor))
	f.Func("product", "USB product id, hexadecimal (0102)", hex(&cfg.Product))
	f.StringVar(&cfg.Maker, "maker", "Signet", "manufacturer's name")
	f.StringVar(&cfg.Name, "name", "Virtual Webcam", "product's name")
	f.StringVar(&cfg.Serial, "serial", "", "serial number; empty: none, as with many webcams")
	f.StringVar(&cfg.Formats, "formats", "mjpeg", "what it offers: KIND[:SIZE][@RATE/RATE...],... of mjpeg, yuyv, h264")
	f.Float64Var(&cfg.FPS, "fps", 0, "speed of the recording, whatever rate is negotiated; 0: one picture a frame")
	f.Float64Var(&cfg.FilmFPS, "h264-fps", 10, "frames a second of H.264")
	f.BoolVar(&cfg.ParamsOnce, "h264-params-once", false, "parameter sets only when streaming begins, not with each key picture")
	f.BoolVar(&cfg.Loop, "loop", false, "begin again after the last picture")
	f.BoolVar(&cfg.Hold, "hold", false, "hold the first picture still until play")
	f.BoolVar(&cfg.Timed, "timed", false, "payloads carry presentation times and the source clock")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("serve: what is %q?", f.Arg(0))
	}
	if cfg.FPS < 0 || cfg.FPS > 240 || cfg.FilmFPS < 0.1 || cfg.FilmFPS > 240 {
		return errors.New("serve: frames a second must be at most 240")
	}
	if *film != "" {
		var err error
		if cfg.Film, err = footage.LoadH264(*film); err != nil {
			return err
		}
	}
	if *verbose {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	cam, err := camera.New(cfg)
	if err != nil {
		return err
	}
	return live(ctx, cam, *socket, !*unplugged)
}

// live runs cam and listens for commands; the first to fail ends the other.
func live(ctx context.Context, cam *camera.Camera, socket string, plug bool) error {
	l, err := listen(socket)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(cam.Run(ctx))
	}()
	defer func() { cancel(nil); <-ended }()
	go func() {
		<-ctx.Done()
		l.Close()
	}()
	if plug {
		go func() {
			if _, err := cam.Do(ctx, "plug"); err != nil {
				cancel(err)
			}
		}()
	}
	answer(ctx, l, cam)
	cancel(nil)
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func hex(v *int) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseUint(s, 16, 16)
		*v = int(n)
		return err
	}
}
