// Benchmotion is what make bench-motion runs: it measures how well and at what cost Signet finds motion, beside the
// motion daemon, OpenCV and the difference of frames, on the same frames in the same run.
//
// Parts of it are chosen by -run: footage, generated, disturbed (accuracy), decode, detect, whole (costs). What needs
// something that is not installed is passed over, and said.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// These bound the whole run, and accuracy alone, which takes three minutes of the processor and goes first: on a machine
// that is busy with other things, half of the tables are worth more than none.
const (
	limit         = 15 * time.Minute
	accuracyLimit = 10 * time.Minute
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b, err := parse(os.Args[1:])
	if err == nil {
		err = b.run(ctx)
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench-motion: %v\n", err)
		os.Exit(1)
	}
}

// bench is what is to be done.
type bench struct {
	bin      string // folder of Signet's programs
	footage  string
	parts    *regexp.Regexp
	clips    *regexp.Regexp
	methods  *regexp.Regexp
	at       int // clips at once
	markdown string

	mu   sync.Mutex
	busy []string // clips during which the machine had too much to do
}

func parse(args []string) (*bench, error) {
	b := &bench{}
	f := flag.NewFlagSet("bench-motion", flag.ContinueOnError)
	f.StringVar(&b.bin, "bin", "bin", "`folder` of Signet's programs")
	f.StringVar(&b.footage, "footage", os.Getenv("SIGNET_FOOTAGE"), "`folder` of recordings with their truth; empty: ../shared/footage")
	f.StringVar(&b.markdown, "markdown", "", "also write the tables to `FILE`, as Markdown")
	f.IntVar(&b.at, "at-once", 10, "`N` clips that are shown at once; the motion daemon takes as long for each as the clip lasts")
	parts := f.String("run", "", "`REGEXP` of the parts: footage, generated, disturbed, decode, detect, whole; accuracy is the first three, costs the others")
	clips := f.String("clip", "", "`REGEXP` of the clips")
	methods := f.String("method", "", "`REGEXP` of the methods")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	for _, r := range []struct {
		text string
		to   **regexp.Regexp
	}{{*parts, &b.parts}, {*clips, &b.clips}, {*methods, &b.methods}} {
		var err error
		if *r.to, err = regexp.Compile(r.text); err != nil {
			return nil, err
		}
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("what is %q?", f.Arg(0))
	}
	if b.at < 1 {
		return nil, errors.New("-at-once is less than 1")
	}
	if b.footage == "" {
		b.footage = filepath.Join("..", "shared", "footage")
	}
	return b, nil
}

// wants says whether a part is to be run. Each belongs to a group that may be named instead.
func (b *bench) wants(group, part string) bool {
	return b.parts.MatchString(part) || b.parts.MatchString(group)
}
