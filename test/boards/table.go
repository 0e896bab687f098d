package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"signet/test/boards/board"
)

// table prints what was tried, a row as soon as it is known. Its methods may be called concurrently.
type table struct {
	mu             sync.Mutex
	w              io.Writer
	driver, name   int // widths
	wanted         int
	passed, failed int
	start          time.Time
}

func newTable(w io.Writer, all []scenario) *table {
	t := &table{w: w, wanted: len(all), driver: len("driver"), name: len("test"), start: time.Now()}
	for _, s := range all {
		t.driver, t.name = max(t.driver, len(s.driver)), max(t.name, len(s.name))
	}
	return t
}

func (t *table) print(board, driver, name, result, time string) {
	fmt.Fprintf(t.w, "%-7s  %-*s  %-*s  %-6s  %6s\n", board, t.driver, driver, t.name, name, result, time)
}

func (t *table) title(system string) {
	fmt.Fprintln(t.w, system)
	t.print("board", "driver", "test", "result", "time")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// booted says how long it took until a shared board could be used.
func (t *table) booted(kind board.Kind, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.print(string(kind), "-", "boot", "ok", seconds(took))
}

func (t *table) row(s scenario, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.passed++
		t.print(string(s.board), s.driver, s.name, "ok", seconds(took))
		return
	}
	t.failed++
	t.print(string(s.board), s.driver, s.name, "FAILED", seconds(took))
	fmt.Fprintln(t.w, "    "+strings.ReplaceAll(err.Error(), "\n", "\n    "))
}

// note prints what a scenario says.
func (t *table) note(s scenario, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, "    %s: %s\n", s, text)
}

// end prints the sum and says whether all was well.
func (t *table) end(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, "%d passed, %d failed\n", t.passed, t.failed)
	fmt.Fprintf(t.w, "in %s\n", seconds(time.Since(t.start)))
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("ended early, %d of %d tests were not tried", t.wanted-t.passed-t.failed, t.wanted)
	case t.failed > 0:
		return fmt.Errorf("%d of %d tests failed", t.failed, t.wanted)
	}
	return nil
}

// file makes a name of a test one for a folder.
func file(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
}
