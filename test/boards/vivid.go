package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"signet/test/boards/board"
	"signet/test/boards/wire"
)

// vividScenarios are about capture/v4l2 on the kernel's virtual camera driver, which does wrong what it is told to.
func vividScenarios() []scenario {
	on := func(name string, run func(context.Context, *bench) error) scenario {
		return scenario{board: board.Generic, driver: "vivid", name: name, run: run}
	}
	return []scenario{
		on("colour bars are read right, YUYV", func(ctx context.Context, b *bench) error { return bars(ctx, b, "YUYV") }),
	}
}

// vivid gives the board that many fresh virtual cameras, /dev/video0 and following.
func (b *bench) vivid(ctx context.Context, cameras int) error {
	if r, err := b.Run(ctx, "rmmod", "vivid"); err != nil {
		return err
	} else if r.Code != 0 && !strings.Contains(r.Stderr, "No such file") && !strings.Contains(r.Stderr, "not loaded") {
		return fmt.Errorf("rmmod vivid: %s", r.Stderr)
	}
	types := strings.TrimSuffix(strings.Repeat("0x1,", cameras), ",") // capture only
	return b.Load(ctx, "vivid", fmt.Sprintf("n_devs=%d", cameras), "node_types="+types)
}

// probe reads a camera with guest probe.
func (b *bench) probe(ctx context.Context, args ...string) (c wire.Camera, frames []wire.Frame, end wire.End, err error) {
	out, err := b.Output(ctx, append([]string{"guest", "probe"}, args...)...)
	if err != nil {
		return c, nil, end, err
	}
	s := bufio.NewScanner(bytes.NewReader([]byte(out)))
	for s.Scan() {
		var seen wire.Seen
		if err := json.Unmarshal(s.Bytes(), &seen); err != nil {
			return c, nil, end, fmt.Errorf("guest probe says %q: %w", s.Text(), err)
		}
		switch {
		case seen.Camera != nil:
			c = *seen.Camera
		case seen.Frame != nil:
			frames = append(frames, *seen.Frame)
		case seen.End != nil:
			end = *seen.End
		}
	}
	b.say("%+v, %d frames, %+v", c, len(frames), end)
	return c, frames, end, nil
}

// bars75 is the luma of the eight bars of vivid's first test pattern: white, yellow, cyan, green, magenta, red, blue,
// black at 75 % (v4l2-tpg-colors.c), in the limited range of ITU-R BT.601.
var bars75 = []int{180, 162, 131, 112, 84, 65, 35, 16}

func bars(ctx context.Context, b *bench, format string) error {
	if err := b.vivid(ctx, 1); err != nil {
		return err
	}
	c, frames, end, err := b.probe(ctx, "-frames", "20")
	if err != nil {
		return err
	}
	if c.Format != format || end.Why != "enough" {
		return fmt.Errorf("camera %+v, end %+v", c, end)
	}
	for _, f := range frames {
		for i, want := range bars75 {
			if len(f.Grey) != len(bars75) || abs(f.Grey[i]-want) > 3 {
				return fmt.Errorf("frame %d: bars %v, want %v", f.Seq, f.Grey, bars75)
			}
		}
	}
	return nil
}

func abs(n int) int { return max(n, -n) }
