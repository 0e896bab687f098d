package cost

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"signet/test/benchmotion/feed"
	"signet/test/benchmotion/method"
	"signet/test/rig"
)

// Plan is how long the whole comparison takes.
type Plan struct {
	FPS     float64
	Warm    time.Duration // until pre-roll, models and memory have settled
	Window  time.Duration
	Windows int
}

// DefaultPlan measures for 100 seconds.
func DefaultPlan() Plan {
	return Plan{FPS: 15, Warm: 25 * time.Second, Window: 20 * time.Second, Windows: 5}
}

// Whole is what the programs cost as they are run, in an empty scene.
type Whole struct {
	CPU          Pair // of the agent and of the motion daemon
	Frames       [2]int64
	Agent, Other Memory
	Events       int // that one of them began; with any, this is not what it says
}

// Bars that a [Whole] should keep.
const (
	BarCPU    = 1.0 / 8
	BarMemory = 48 << 20
)

// names of the two in the camera's addresses
const (
	ours   = "/signet"
	theirs = "/motion"
)

// Measure runs the agent, claimed and with a cloud as a user has it, and the motion daemon, each on a connection to one
// camera that shows the frames over and over, and measures both at the same time, window by window.
func Measure(ctx context.Context, p Plan, frames [][]byte, bin string, d method.Daemon) (w Whole, err error) {
	dir, err := os.MkdirTemp("", "signet-bench-")
	if err != nil {
		return w, err
	}
	defer os.RemoveAll(dir)
	var given [2]atomic.Int64
	mux := http.NewServeMux()
	for i, path := range []string{ours, theirs} {
		mux.Handle(path, feed.Handler(feed.Paced(frames, p.FPS, func() { given[i].Add(1) })))
	}
	srv, err := feed.Serve(mux)
	if err != nil {
		return w, err
	}
	defer srv.Close()

	var events atomic.Int64
	agent, stop, err := startAgent(ctx, dir, bin, "http://"+srv.Addr+ours, &events)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	other, end, err := startMotion(ctx, dir, d, "http://"+srv.Addr+theirs, p.FPS, &events)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, end()) }()

	pids := [2]int{agent, other}
	read := func() (used [2]time.Duration, got [2]int64, err error) {
		for i := range pids {
			if used[i], err = cpu(pids[i]); err != nil {
				return used, got, err
			}
			got[i] = given[i].Load()
		}
		return used, got, nil
	}
	if err := sleep(ctx, p.Warm); err != nil {
		return w, err
	}
	var costs [2][]float64
	events.Store(0)
	used, got, err := read()
	if err != nil {
		return w, err
	}
	for range p.Windows {
		if err := sleep(ctx, p.Window); err != nil {
			return w, err
		}
		u, g, err := read()
		if err != nil {
			return w, err
		}
		for i := range costs {
			n := g[i] - got[i]
			if want := p.FPS * p.Window.Seconds(); float64(n) < want/2 {
				return w, fmt.Errorf("only %d of %.0f frames were fetched from %s", n, want, []string{ours, theirs}[i])
			}
			costs[i] = append(costs[i], micro(u[i]-used[i])/float64(n))
			w.Frames[i] += n
		}
		used, got = u, g
	}
	w.CPU, w.Events = pair(costs[0], costs[1]), int(events.Load())
	if w.Agent, err = memory(agent); err != nil {
		return w, err
	}
	w.Other, err = memory(other)
	return w, err
}

// startAgent runs a cloud and the claimed agent. It counts in events the records that it makes.
func startAgent(ctx context.Context, dir, bin, camera string, events *atomic.Int64) (pid int, stop func() error, err error) {
	mqtt, err := freePort()
	if err != nil {
		return 0, nil, err
	}
	https, err := freePort()
	if err != nil {
		return 0, nil, err
	}
	r, err := rig.New(rig.Config{
		Dir: filepath.Join(dir, "rig"), Bin: bin, Camera: camera, MQTT: mqtt, HTTPS: https,
		Line: func(from, line string) {
			if from == "camera" && strings.Contains(line, "msg=recorded") && strings.Contains(line, "type=started") {
				events.Add(1)
			}
		},
	})
	if err == nil {
		err = r.Setup(ctx)
	}
	if err != nil {
		return 0, nil, err
	}
	if err = r.StartCloud(ctx); err == nil {
		err = r.StartAgent(ctx)
	}
	if err != nil {
		return 0, nil, errors.Join(err, r.Stop())
	}
	return r.Agent.Pid(), r.Stop, nil
}

// freePort returns an address that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port), nil
}

// startMotion runs the daemon as Debian configures it. It counts its events.
func startMotion(ctx context.Context, dir string, d method.Daemon, camera string, fps float64, events *atomic.Int64) (pid int, end func() error, err error) {
	conf, err := d.Config(dir, camera, WideW, WideH, fps, false)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := method.Program(ctx, d.Path, "-n", "-c", conf)
	r, w, err := os.Pipe()
	if err != nil {
		cancel()
		return 0, nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		cancel()
		r.Close()
		return 0, nil, fmt.Errorf("run motion: %w", err)
	}
	go func() {
		defer r.Close()
		count(r, events)
	}()
	return cmd.Process.Pid, func() error {
		cancel()
		return method.Ended(cmd)
	}, nil
}

func count(from io.Reader, events *atomic.Int64) {
	for s := bufio.NewScanner(from); s.Scan(); {
		if strings.Contains(s.Text(), "Motion detected - starting event") {
			events.Add(1)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
