package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"signet/test/boards/wire"
)

// processes are what was started and runs.
type processes struct {
	mu      sync.Mutex
	running map[int]bool
}

func newProcesses() *processes { return &processes{running: map[int]bool{}} }

// command makes one of a request. It ends with ctx, its children too.
func command(ctx context.Context, c wire.Command) (*exec.Cmd, error) {
	if len(c.Argv) == 0 {
		return nil, errors.New("no program is named")
	}
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Env = append(cmd.Environ(), c.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // for children that keep its output open
	if len(c.Stdin) > 0 {
		cmd.Stdin = newReader(c.Stdin)
	}
	return cmd, nil
}

// run runs a command to its end.
func (p *processes) run(w http.ResponseWriter, r *http.Request) {
	c, err := wire.Read[wire.Command](r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx := r.Context()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	cmd, err := command(ctx, c)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var out, errOut bounded
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	if cmd.ProcessState == nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		fmt.Fprintf(&errOut, "\nkilled after %v", c.Timeout)
	}
	answer(w, wire.Result{Code: cmd.ProcessState.ExitCode(), Stdout: string(out.b), Stderr: string(errOut.b)})
}

// start runs a command and streams both of its outputs until it ends. It is killed when the host hangs up.
func (p *processes) start(w http.ResponseWriter, r *http.Request) {
	c, err := wire.Read[wire.Command](r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	cmd, err := command(r.Context(), c)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := &flusher{w: w, c: http.NewResponseController(w)}
	cmd.Stdout, cmd.Stderr = out, out // the same, so that exec writes one after the other
	out.Lock()                        // the head comes before what the program says
	p.mu.Lock()
	err = cmd.Start()
	if err == nil {
		p.running[cmd.Process.Pid] = true
	}
	p.mu.Unlock()
	if err != nil {
		out.Unlock()
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set(wire.PidHeader, strconv.Itoa(cmd.Process.Pid))
	w.Header().Set("Trailer", wire.ExitTrailer)
	_ = out.c.Flush() // the host waits for it
	out.Unlock()
	_ = cmd.Wait()
	p.mu.Lock()
	delete(p.running, cmd.Process.Pid)
	p.mu.Unlock()
	w.Header().Set(wire.ExitTrailer, strconv.Itoa(cmd.ProcessState.ExitCode()))
}

// signal sends one to a process that start runs.
func (p *processes) signal(w http.ResponseWriter, r *http.Request) {
	s, err := wire.Read[wire.Signal](r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running[s.Pid] {
		http.Error(w, fmt.Sprintf("process %d does not run", s.Pid), http.StatusNotFound)
		return
	}
	if err := syscall.Kill(s.Pid, syscall.Signal(s.Signal)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
