// Package turbo measures what package luma costs beside libjpeg-turbo, both making the 1/8-scale grey picture of the same
// frames: in processor time on this machine, and in instructions on 32-bit and 64-bit ARM under emulation.
//
// Two small programs decode a recording from memory, a round over all its frames for each line of input: peer/turbo.c
// over Debian's libturbojpeg, and ours. Their rounds take turns within one run, so that a busy machine slows both; the
// ratio is the median over the pairs of rounds. Instructions are differences of two runs of different length, so that
// start-up cancels.
//
// Nothing is installed: for ARM, Debian's packages of libturbojpeg are fetched and unpacked in test/out. What cannot be
// measured is named, with what it needs, and left out.
//
//	costs, err := turbo.Measure(ctx, []string{"road.mjpeg", "corridor.mjpeg"}, os.Stdout)
package turbo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Cost is what one clip's frames cost on one architecture.
type Cost struct {
	Clip        string // file name without its ending
	Arch        string // amd64, arm64, armv7, armv6
	Unit        string // "µs" of processor time or "kinsn", thousand instructions; a frame
	Ours, Turbo float64
	Ratio       float64 // median over pairs of rounds of ours/turbo
	Least, Most float64 // and the spread of these ratios
}

// bars are the ratios that must not be passed, by architecture; others are shown for information.
var bars = map[string]float64{"amd64": 0.60, "arm64": 0.54, "armv7": 0.69}

// Bar returns the ratio that c must not pass; 0 if there is none.
func (c Cost) Bar() float64 { return bars[c.Arch] }

// Measure compares the two on each clip, a file of JPEG images one after another, and prints a table to out while it
// goes. What is not installed is said on out and skipped; an error means that something did not work that is there.
func Measure(ctx context.Context, clips []string, out io.Writer) ([]Cost, error) {
	return measure(ctx, clips, boards, out)
}

func measure(ctx context.Context, clips []string, boards []board, out io.Writer) ([]Cost, error) {
	dir, err := os.MkdirTemp("", "signet-turbo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	targets, err := build(ctx, dir, boards, out)
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	var costs []Cost
	fmt.Fprintf(out, "%-20s %-6s %6s %10s %10s %7s  %-13s %s\n", "clip, KB a frame", "arch", "unit", "ours", "turbo", "ratio", "spread", "bar")
	for _, clip := range clips {
		long, kb, err := sample(clip, filepath.Join(dir, "long.mjpeg"), timedFrames)
		if err != nil {
			return costs, err
		}
		short, _, err := sample(clip, filepath.Join(dir, "short.mjpeg"), countedFrames)
		if err != nil {
			return costs, err
		}
		name := strings.TrimSuffix(filepath.Base(clip), filepath.Ext(clip))
		for _, t := range targets {
			pairs, unit, err := t.measure(ctx, long, short)
			if err != nil {
				return costs, fmt.Errorf("measure %s on %s: %w", name, t.arch, err)
			}
			c := summarise(pairs)
			c.Clip, c.Arch, c.Unit = name, t.arch, unit
			costs = append(costs, c)
			bar := "-"
			if c.Bar() > 0 {
				bar = fmt.Sprintf("%.2f", c.Bar())
			}
			fmt.Fprintf(out, "%-20s %-6s %6s %10.0f %10.0f %7.3f  %.3f..%.3f  %s\n",
				fmt.Sprintf("%s, %.0f", name, kb), c.Arch, c.Unit, c.Ours, c.Turbo, c.Ratio, c.Least, c.Most, bar)
		}
	}
	return costs, nil
}

// pair is what a frame cost in one round of each.
type pair struct{ ours, turbo float64 }

func summarise(pairs []pair) Cost {
	var ours, turbo, ratios []float64
	for _, p := range pairs {
		ours, turbo, ratios = append(ours, p.ours), append(turbo, p.turbo), append(ratios, p.ours/p.turbo)
	}
	return Cost{
		Ours: median(ours), Turbo: median(turbo), Ratio: median(ratios),
		Least: slices.Min(ratios), Most: slices.Max(ratios),
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
