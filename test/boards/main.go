// Boards runs Signet on virtual ARM boards, with the kernel's real camera drivers, and prints a table of what was
// tried and what came of it. It exits with 1 if anything failed.
//
//	go run ./test/boards [-run REGEXP] [-v] [-keep]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	pattern := flag.String("run", "", "only the tests whose board/driver/name matches `REGEXP`")
	ldflags := flag.String("ldflags", "-s -w", "of go build for signet-agent")
	var o options
	flag.StringVar(&o.dir, "dir", "test/out/boards", "`FOLDER` for what is fetched and built, and for consoles and logs")
	flag.BoolVar(&o.verbose, "v", false, "say what the tests say")
	flag.BoolVar(&o.keep, "keep", false, "keep the folders of tests that passed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := func() (err error) {
		if o.match, err = regexp.Compile(*pattern); err != nil {
			return err
		}
		return run(ctx, o, *ldflags)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "boards:", err)
		stop()
		os.Exit(1)
	}
}
