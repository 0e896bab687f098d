package board

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"signet/test/boards/wire"
)

// Program runs on a board. Its methods may be called concurrently.
type Program struct {
	board  *Board
	argv   string
	pid    int
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	code   int           // exit status; -1: it ended by a signal, or it is not known how. After done

	mu    sync.Mutex
	lines []string      // that it said
	more  chan struct{} // closed and made anew with each line
}

// Start starts a program. What it says is appended to a file of the host, and kept. It is killed when the board ends
// or ctx does.
func (b *Board) Start(ctx context.Context, log string, argv ...string) (*Program, error) {
	ctx, cancel := context.WithCancel(ctx)
	answer, err := b.post(ctx, wire.StartPath, wire.Command{Argv: argv})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", argv, err)
	}
	pid, err := strconv.Atoi(answer.Header.Get(wire.PidHeader))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", argv, err)
	}
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		cancel()
		return nil, err
	}
	p := &Program{board: b, argv: strings.Join(argv, " "), pid: pid, cancel: cancel, done: make(chan struct{}), code: -1, more: make(chan struct{})}
	go p.listen(answer, f)
	return p, nil
}

func (p *Program) listen(answer *http.Response, log *os.File) {
	defer close(p.done)
	defer p.cancel()
	defer log.Close()
	defer answer.Body.Close()
	s := bufio.NewScanner(io.TeeReader(answer.Body, log))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(p.more)
	}()
	if code, err := strconv.Atoi(answer.Trailer.Get(wire.ExitTrailer)); err == nil {
		p.code = code
	}
}

// Lines returns what it has said.
func (p *Program) Lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// More returns a channel that is closed when it says more, or ends.
func (p *Program) More() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.more
}

// Await waits for a line that has text in it, said or to be said, and returns it.
func (p *Program) Await(ctx context.Context, text string) (string, error) {
	seen := 0
	for {
		ended := p.Ended() // asked first: what it said last is then among the lines
		p.mu.Lock()
		lines, more := p.lines[seen:], p.more
		p.mu.Unlock()
		for _, l := range lines {
			if strings.Contains(l, text) {
				return l, nil
			}
		}
		seen += len(lines)
		if ended {
			return "", fmt.Errorf("%s ended without saying %q", p.argv, text)
		}
		select {
		case <-more:
		case <-p.done:
		case <-ctx.Done():
			return "", fmt.Errorf("wait for %s to say %q: %w", p.argv, text, ctx.Err())
		}
	}
}

// Ended says whether it has ended, and all that it said is in Lines.
func (p *Program) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Signal sends it a signal.
func (p *Program) Signal(ctx context.Context, s syscall.Signal) error {
	answer, err := p.board.post(ctx, wire.SignalPath, wire.Signal{Pid: p.pid, Signal: int(s)})
	if err != nil {
		return fmt.Errorf("signal %s: %w", p.argv, err)
	}
	return answer.Body.Close()
}

// Wait waits for its end and returns its exit status, -1 if there was none.
func (p *Program) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.done:
		return p.code, nil
	case <-ctx.Done():
		return -1, fmt.Errorf("wait for %s to end: %w", p.argv, ctx.Err())
	}
}

// Stop asks it to end and waits until it has.
func (p *Program) Stop(ctx context.Context) (int, error) {
	if err := p.Signal(ctx, syscall.SIGTERM); err != nil {
		return -1, err
	}
	return p.Wait(ctx)
}
