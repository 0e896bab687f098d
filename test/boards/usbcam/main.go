// Usbcam is a virtual USB webcam: it plugs itself into the kernel's virtual host controller (module vhci-hcd)
// and plays recordings to the kernel's own UVC driver. It needs root.
//
//	usbcam serve -socket S -footage F.mjpeg [-footage ...] [...]   be a camera until it is ended
//	usbcam do -socket S COMMAND...                                 tell it something; print the answer
//	usbcam cut -size WxH -from N -to N IN.mjpeg OUT.mjpeg          make footage of another size or length
//
// A camera offers the sizes that it has footage of. usbcam do help lists the commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := run(ctx, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "usbcam: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve":
			return serve(ctx, args[1:])
		case "do":
			return do(ctx, args[1:])
		case "cut":
			return cut(args[1:])
		}
	}
	return errors.New("usage: usbcam serve|do|cut ...; usbcam serve -h tells more")
}
