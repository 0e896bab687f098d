// Ours decodes a recording to 1/8-scale grey with package luma, as peer/turbo.c does with libjpeg-turbo: one round over
// all frames for each line of input; its answer is nanoseconds of processor time a frame.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/mjpeg"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ours:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: ours FILE.mjpeg")
	}
	frames, err := readFrames(args[0])
	if err != nil {
		return err
	}
	var d luma.Decoder
	var p luma.Plane
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		start, err := now()
		if err != nil {
			return err
		}
		for i := range frames {
			if err := d.Decode(&p, &frames[i]); err != nil {
				return fmt.Errorf("frame %d: %w", i, err)
			}
		}
		end, err := now()
		if err != nil {
			return err
		}
		fmt.Println((end - start) / int64(len(frames)))
	}
	return in.Err()
}

func readFrames(name string) ([]capture.Frame, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var frames []capture.Frame
	s := mjpeg.NewSplitter(f, 0)
	for {
		img, err := s.Next()
		if errors.Is(err, io.EOF) && len(frames) > 0 {
			return frames, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read frame %d: %w", len(frames), err)
		}
		frames = append(frames, capture.Frame{Format: capture.MJPEG, Data: slices.Clone(img)})
	}
}

// now returns the nanoseconds of processor time that this process has used.
func now() (int64, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0, fmt.Errorf("read the clock of the process: %w", err)
	}
	return t.Nano(), nil
}
