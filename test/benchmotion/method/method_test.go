package method

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/score"
)

// drawn makes cells of pictures in which # is marked.
func drawn(pictures ...string) *score.Cells {
	c := &score.Cells{}
	for _, p := range pictures {
		rows := strings.Fields(p)
		c.W, c.H = len(rows[0]), len(rows)
		for _, r := range rows {
			for _, v := range r {
				b := byte(score.Still)
				if v == '#' {
					b = score.Moving
				}
				c.Data = append(c.Data, b)
			}
		}
	}
	return c
}

func TestRegions(t *testing.T) {
	for name, c := range map[string]struct{ marked, want string }{
		"a block keeps all but its corners": {
			"....... .####.. .####.. .####.. .####.. .......",
			"....... ..##... .####.. .####.. ..##... .......",
		},
		"a hole is filled":    {"....... .#####. .##.##. .#####. .......", "....... ..###.. .#####. ..###.. ......."},
		"lines and dots fade": {"#...... #...... #..#... #.....# #......", "....... ....... ....... ....... ......."},
	} {
		if got := Confirm(drawn(c.marked), 10).Cells.Data; !bytes.Equal(got, drawn(c.want).Data) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestCornersTouch: regions hang together by corners too.
func TestCornersTouch(t *testing.T) {
	f := filter{w: 5, h: 4, voted: bytes.Clone(drawn("##... #.... .##.. ...##").Data)}
	if f.flood(0); len(f.found) != 7 {
		t.Errorf("%d cells hang together", len(f.found))
	}
}

func TestSmallRegionsAreDropped(t *testing.T) {
	three := drawn(".... .##. .##. ....") // the majority leaves nothing of it
	if s := Confirm(three, 10); slices.Contains(s.Cells.Data, score.Moving) {
		t.Errorf("%v", s.Cells.Data)
	}
	plus := drawn("..... ..#.. .###. ..#.. .....") // one cell is left
	if s := Confirm(plus, 10); slices.Contains(s.Cells.Data, score.Moving) {
		t.Errorf("%v", s.Cells.Data)
	}
}

// TestEventRule: 0.2 s of regions confirm motion, a second without ends it.
func TestEventRule(t *testing.T) {
	const on, off = "..... .###. .###. .###. .....", "..... ..... ..... ..... ....."
	said := func(fps float64, course string) string {
		var p []string
		for _, v := range course {
			p = append(p, map[rune]string{'#': on, '.': off}[v])
		}
		var b strings.Builder
		calm := slices.Repeat([]string{off}, int(fps))
		for _, m := range Confirm(drawn(append(calm, p...)...), fps).Moving[len(calm):] {
			b.WriteByte(".#"[map[bool]int{true: 1}[m]])
		}
		return b.String()
	}
	for _, c := range []struct {
		fps          float64
		course, want string
	}{
		{10, "..##.###..#..", ".......#..#.."},
		{10, ".####.#.........#..........#", "...##.#.........#..........."},
		{5, ".#.##.#", "....#.#"},
		{20, "######", "....##"},
	} {
		if got := said(c.fps, c.course); got != c.want {
			t.Errorf("at %v/s\n%s\n%s, want\n%s", c.fps, c.course, got, c.want)
		}
	}
}

// TestSettling: a background that is being learnt is no motion.
func TestSettling(t *testing.T) {
	const on = "..... .###. .###. .###. ....."
	moving := Confirm(drawn(slices.Repeat([]string{on}, 16)...), 10).Moving
	if i := slices.Index(moving, true); i != 12 {
		t.Errorf("motion from frame %d on", i)
	}
}

func TestDifference(t *testing.T) {
	p := &score.Cells{W: 2, H: 1, Data: []byte{0, 250, 3, 250, 7, 246, 7, 1}}
	if got := difference(p, 4).Data; !bytes.Equal(got, []byte{0, 0, 0, 0, 1, 1, 0, 1}) {
		t.Error(got)
	}
}

func TestReadCells(t *testing.T) {
	s, err := readCells(strings.NewReader("cells 2 1\n\x00\x00\x00\x01\x00\x00"), 3)
	if err != nil || !slices.Equal(s.Moving, []bool{false, true, false}) || s.Cells.W != 2 || s.Cells.H != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{"", "cells 2 1", "cells 2\n", "cells 0 1\n", "cells 9999 1\n", "cells 1 1\n\x00", "cells 1 1\n\x00\x00\x00", "cells 1 1\n\x00\x02"} {
		if _, err := readCells(strings.NewReader(bad), 2); err == nil {
			t.Errorf("%q is taken for cells", bad)
		}
	}
}

func FuzzReadCells(f *testing.F) {
	f.Add([]byte("cells 2 1\n\x00\x00\x00\x01"), 2)
	f.Fuzz(func(t *testing.T, data []byte, frames int) {
		if frames < 1 || frames > 1000 {
			return
		}
		if s, err := readCells(bytes.NewReader(data), frames); err == nil && (len(s.Moving) != frames || s.Cells.Frames() != frames) {
			t.Errorf("%d frames instead of %d", s.Cells.Frames(), frames)
		}
	})
}

func TestAgree(t *testing.T) {
	moving := []bool{false, false, true, false, true, false}
	const event = `{"start_frame":1,"end_frame":4,"score":0.5}` + "\n"
	if err := agree(moving, strings.NewReader(event)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"", "x", `{"start_frame":3,"end_frame":4}`, `{"start_frame":2,"end_frame":3}`, `{"start_frame":2,"end_frame":6}`,
		`{"start_frame":1,"end_frame":5}`,
	} {
		if agree(moving, strings.NewReader(bad)) == nil {
			t.Errorf("%s agrees", bad)
		}
	}
}

func TestFill(t *testing.T) {
	got := fill([]int{1, 1, 4, 8, 9}, 11, 2)
	if want := []bool{false, true, true, true, true, false, false, false, true, true, false}; !slices.Equal(got, want) {
		t.Error(got)
	}
	if slices.Contains(fill(nil, 4, 2), true) {
		t.Error("motion, though nothing was told")
	}
}

// fakeDaemon is a daemon that looks at one frame in a while: it fetches the camera's pictures and prints what a real one
// does for each picture "b".
const fakeDaemon = `#!/bin/sh
url=$(sed -n 's/^netcam_url //p' "$3")
echo "[1:ml1] [NTC] [ALL] image_ring_resize: Resizing pre_capture buffer to 4 items"
exec "$FAKE" "$url"
`

// TestMain is that daemon's other half when it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "http://127.0.0.1:") {
		watch(os.Args[1])
		return
	}
	os.Exit(m.Run())
}

func watch(url string) {
	resp, err := http.Get(url)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	for b := make([]byte, 4096); ; {
		n, err := resp.Body.Read(b)
		if i := bytes.Index(b[:n], []byte("\r\n\r\n")); i >= 0 && i+4 < n && b[i+4] == 'b' {
			io.WriteString(os.Stderr, moves+"\n")
		}
		if err != nil {
			return
		}
	}
}

// TestLate counts frames that were not sent when they were due.
func TestLate(t *testing.T) {
	p := &player{frames: make([][]byte, 10), period: 20 * time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		p.start()
		for range 4 {
			p.next(t.Context(), 0)
		}
		if p.late != 0 || p.current != 4 {
			t.Errorf("%d of %d late", p.late, p.current)
		}
		time.Sleep(50 * time.Millisecond) // two frames are left out
		p.next(t.Context(), 0)
		if p.late != 2 || p.current != 7 {
			t.Errorf("%d of %d late", p.late, p.current)
		}
	})
}

// TestDaemon plays a clip to a daemon that sees at once what it is sent.
func TestDaemon(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAKE", exe)
	program := filepath.Join(t.TempDir(), "motion")
	if err := os.WriteFile(program, []byte(fakeDaemon), 0o700); err != nil {
		t.Fatal(err)
	}
	c := &clip.Clip{Name: "film", W: 64, H: 64, Truth: score.Truth{FPS: 50}}
	for i := range 150 {
		c.Frames = append(c.Frames, []byte{"ab"[map[bool]int{i >= 120 && i < 140: 1}[true]]})
	}
	s, err := Daemon{Path: program}.See(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	first, n := slices.Index(s.Moving, true), 0
	for _, m := range s.Moving {
		if m {
			n++
		}
	}
	if first < 118 || first > 123 || n < 16 || n > 24 { // a frame lasts 20 ms
		t.Errorf("%d frames move from frame %d on, want 20 from 119 on", n, first)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Daemon{Path: program}).See(ctx, c); err == nil {
		t.Error("a run that was broken off has a result")
	}
}
