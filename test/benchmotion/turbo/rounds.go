package turbo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// How much is measured: enough for the median to hold on a machine that does other things too.
const (
	timedFrames = 100
	timedRounds = 25

	countedFrames = 20
	countedRounds = 3 // more than the one that is subtracted
	countedPairs  = 3
)

// measure returns what a frame costs in pairs of rounds, and the unit.
func (t target) measure(ctx context.Context, long, short string) ([]pair, string, error) {
	if t.counted {
		pairs, err := t.count(ctx, short)
		return pairs, "kinsn", err
	}
	pairs, err := t.time(ctx, long)
	return pairs, "µs", err
}

// time lets both programs take turns.
func (t target) time(ctx context.Context, clip string) ([]pair, error) {
	ours, err := start(ctx, t.ours, clip)
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	turbo, err := start(ctx, t.turbo, clip)
	if err != nil {
		return nil, err
	}
	defer turbo.stop()
	var pairs []pair
	for i := range 1 + timedRounds {
		var p pair
		if p.ours, err = ours.round(); err != nil {
			return nil, err
		}
		if p.turbo, err = turbo.round(); err != nil {
			return nil, err
		}
		if i > 0 { // the first builds tables and touches memory
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

// player is one of the programs, running.
type player struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	errs bytes.Buffer
}

func start(ctx context.Context, command []string, clip string) (*player, error) {
	p := &player{cmd: exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], clip)...)}
	p.cmd.Stderr = &p.errs
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

// round decodes all frames once. It returns microseconds a frame.
func (p *player) round() (float64, error) {
	if _, err := io.WriteString(p.in, "\n"); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", p.cmd.Path, err, p.errs.Bytes())
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", p.cmd.Path, err, p.errs.Bytes())
	}
	ns, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	return ns / 1000, err
}

func (p *player) stop() {
	p.in.Close()
	p.cmd.Wait() // what it says no longer matters
}

// count returns thousands of instructions a frame.
func (t target) count(ctx context.Context, clip string) ([]pair, error) {
	var pairs []pair
	for range countedPairs {
		var p pair
		var err error
		if p.ours, err = instructions(ctx, t.ours, clip); err != nil {
			return nil, err
		}
		if p.turbo, err = instructions(ctx, t.turbo, clip); err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// instructions runs a program under emulation twice. It returns thousands of instructions a frame.
func instructions(ctx context.Context, command []string, clip string) (float64, error) {
	var counts [2]float64
	for i, rounds := range []int{1, 1 + countedRounds} {
		cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], clip)...)
		cmd.Stdin = strings.NewReader(strings.Repeat("\n", rounds))
		var errs bytes.Buffer
		cmd.Stderr = &errs
		cmd.Env = append(os.Environ(), "GOGC=off")
		if err := cmd.Run(); err != nil {
			return 0, fmt.Errorf("%s: %w: %s", command[0], err, errs.Bytes())
		}
		_, last, ok := strings.Cut(errs.String(), "instructions ")
		n, err := strconv.ParseFloat(strings.TrimSpace(last), 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("%s counts no instructions (QEMU without plugins): %q", command[0], errs.String())
		}
		counts[i] = n
	}
	return (counts[1] - counts[0]) / (countedRounds * countedFrames) / 1000, nil
}
