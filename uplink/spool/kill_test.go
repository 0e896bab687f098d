package spool

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestKill kills a process that appends, at any moment, over and over. What it said is durable must be there.
func TestKill(t *testing.T) {
	if dir := os.Getenv("SPOOL_TEST_CHILD"); dir != "" {
		appendForever(dir)
	}
	dir := t.TempDir()
	said := map[Position]bool{}
	acked := map[Position]bool{}
	var boot uint64
	for i := range 15 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "SPOOL_TEST_CHILD="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(20+i*17)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var p Position
			line := lines.Text()
			if strings.HasPrefix(line, "acked ") {
				fmt.Sscanf(line, "acked %d.%d", &p.Boot, &p.N)
				acked[p] = true
				continue
			}
			if _, err := fmt.Sscanf(line, "%d.%d", &p.Boot, &p.N); err != nil {
				continue // the last line may be cut
			}
			if said[p] {
				t.Fatalf("%v was given twice", p)
			}
			said[p] = true
		}
		kill.Stop()
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("the child ended by itself: %v", err)
		}

		s, err := Open(dir, Options{MaxBytes: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if s.Boot() <= boot {
			t.Fatalf("boot %d after %d", s.Boot(), boot)
		}
		boot = s.Boot()
		pending := map[Position]bool{}
		for _, p := range positions(s) {
			if pending[p] {
				t.Fatalf("%v is there twice", p)
			}
			pending[p] = true
			e, err := s.Read(p)
			if err != nil || !strings.HasPrefix(string(e.Record), p.String()+" ") {
				t.Fatalf("read %v: %.20q, %v", p, e.Record, err)
			}
		}
		for p := range said {
			if !pending[p] && !acked[p] {
				t.Fatalf("%v is lost; %d pending, gaps %v", p, len(pending), s.Gaps(9))
			}
		}
		// Acknowledge most of it, so that segments come and go.
		for p := range pending {
			if p.N%5 != 0 {
				s.Ack(Range{p.Boot, p.N, p.N})
				acked[p] = true
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(said) < 100 {
		t.Fatalf("only %d records were written", len(said))
	}
	t.Logf("%d records, %d boots", len(said), boot)
}

// appendForever says each position once it is durable, and what it is about to acknowledge.
func appendForever(dir string) {
	s, err := Open(dir, Options{MaxBytes: 4 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		p, err := s.Append(Urgency(i%3 == 0), func(p Position) (Entry, error) {
			return Entry{Record: fmt.Appendf(nil, "%v %s", p, strings.Repeat("x", i%40*10))}, nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if i%3 != 0 {
			continue
		}
		fmt.Println(p)
		if i%30 == 0 && p.N > 20 {
			fmt.Printf("acked %d.%d\n", p.Boot, p.N-20)
			s.Ack(Range{p.Boot, p.N - 20, p.N - 20})
			if err := s.Sync(); err != nil {
				os.Exit(1)
			}
		}
	}
}
