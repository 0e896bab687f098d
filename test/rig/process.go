package rig

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is one running program. Its output goes line by line to a function.
type Process struct {
	Name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	read chan struct{} // closed when all that it said was read
	err  error         // how it ended; after done

	mu   sync.Mutex
	head []string  // of what it said
	last [2]string // lines that it said
}

// start runs a program. It gets its own process group, so that Ctrl-C at the terminal reaches only us and things end
// in order; should we be killed, the kernel ends it too.
func start(name, program string, args []string, line func(string)) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(program, args...), done: make(chan struct{}), read: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	started := make(chan error)
	go func() {
		// A parent-death signal follows the thread that started the child: this one must live as long.
		runtime.LockOSThread()
		err := p.cmd.Start()
		w.Close()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		r.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go p.listen(r, line)
	return p, nil
}

func (p *Process) listen(r io.ReadCloser, line func(string)) {
	defer close(p.read)
	defer r.Close()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		p.mu.Lock()
		p.last = [2]string{p.last[1], s.Text()}
		if len(p.head) < maxHead {
			p.head = append(p.head, s.Text())
		}
		p.mu.Unlock()
		line(s.Text())
	}
}

// Pid returns the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Kill ends it at once, as a power cut would (kill -9).
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Stop asks it to end and kills it when it has not after the time. One that has ended before is no error here.
func (p *Process) Stop(patience time.Duration) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		if p.err != nil {
			return p.Failure()
		}
		return nil
	case <-time.After(patience):
		p.Kill()
		return fmt.Errorf("%s did not end within %v", p.Name, patience)
	}
}

// maxHead is how many of the first lines are kept, for said.
const maxHead = 100

// said tells whether one of the first lines began with prefix.
func (p *Process) said(prefix string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.head, func(l string) bool { return strings.HasPrefix(l, prefix) })
}

// Failure says how a process ended that should not have: its last word, if that was an error, with the hint that may
// follow it, else what the kernel says.
func (p *Process) Failure() error {
	<-p.read
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case strings.HasPrefix(p.last[1], "signet-"):
		return errors.New(p.last[1])
	case strings.HasPrefix(p.last[1], "hint:"):
		return fmt.Errorf("%s\n%s", p.last[0], p.last[1])
	case p.err != nil:
		return fmt.Errorf("%s ended: %w", p.Name, p.err)
	}
	return fmt.Errorf("%s ended by itself", p.Name)
}

// waitFor polls until ready says so, the process ends or ctx does.
func (p *Process) waitFor(ctx context.Context, ready func() bool) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-p.done:
			return p.Failure()
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", p.Name, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// command runs a program to its end and returns what it printed. A failure is the program's own message.
func command(ctx context.Context, program string, args ...string) (string, error) {
	var out, errOut strings.Builder
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), errors.New(strings.TrimSpace(errOut.String()))
	}
	return out.String(), err
}
