package method

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/score"
)

// Signet is signet-agent as it is built, with its default settings.
type Signet struct {
	Agent string   // the program
	Args  []string // of replay, beside those that are needed
}

// Name implements Method.
func (s Signet) Name() string { return "Signet" }

// See implements Method: it replays the clip and reads the cells. It fails where the events that replay tells and
// the cells contradict each other.
func (s Signet) See(ctx context.Context, c *clip.Clip) (*score.Seen, error) {
	dir, err := os.MkdirTemp("", "signet-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	film, cells := filepath.Join(dir, "clip.mjpeg"), filepath.Join(dir, "cells")
	if err := os.WriteFile(film, slices.Concat(c.Frames...), 0o600); err != nil {
		return nil, err
	}
	args := append([]string{"replay", "--fps", fmt.Sprint(c.Truth.FPS), "--json", "--cells", cells}, s.Args...)
	cmd := Program(ctx, s.Agent, append(args, film)...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("replay %s: %w: %s", c.Name, err, strings.TrimSpace(complaints.String()))
	}
	f, err := os.Open(cells)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	seen, err := readCells(f, len(c.Frames))
	if err == nil {
		err = agree(seen.Moving, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", c.Name, err)
	}
	return seen, nil
}

// maxSide bounds the cells of a picture, in each direction.
const maxSide = 2048

// readCells reads what replay --cells wrote for so many frames.
func readCells(r io.Reader, frames int) (*score.Seen, error) {
	b := bufio.NewReader(r)
	head, err := b.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("read cells: head: %w", err)
	}
	c := &score.Cells{}
	if n, err := fmt.Sscanf(string(head), "cells %d %d\n", &c.W, &c.H); n != 2 || err != nil || min(c.W, c.H) < 1 || max(c.W, c.H) > maxSide {
		return nil, fmt.Errorf("read cells: %q is no head", head)
	}
	size := c.W * c.H
	if c.Data, err = io.ReadAll(io.LimitReader(b, int64(size)*int64(frames)+1)); err != nil {
		return nil, fmt.Errorf("read cells: %w", err)
	}
	if len(c.Data) != size*frames {
		return nil, fmt.Errorf("read cells: not %d frames of %d x %d", frames, c.W, c.H)
	}
	if slices.ContainsFunc(c.Data, func(v byte) bool { return v > score.Moving }) {
		return nil, errors.New("read cells: a cell that is neither 0 nor 1")
	}
	s := &score.Seen{Moving: make([]bool, frames), Cells: c}
	for i := range frames {
		s.Moving[i] = bytes.IndexByte(c.Frame(i), score.Moving) >= 0
	}
	return s, nil
}

// agree checks that motion lies in events and that each event ends with motion, as replay's help promises.
func agree(moving []bool, events io.Reader) error {
	in := make([]bool, len(moving))
	for d := json.NewDecoder(events); ; {
		var e struct {
			StartFrame int `json:"start_frame"`
			EndFrame   int `json:"end_frame"`
		}
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		if e.StartFrame < 0 || e.StartFrame > e.EndFrame || e.EndFrame >= len(moving) {
			return fmt.Errorf("an event of frames %d-%d in %d frames", e.StartFrame, e.EndFrame, len(moving))
		}
		if !moving[e.EndFrame] {
			return fmt.Errorf("an event ends at frame %d, in which no cell moves", e.EndFrame)
		}
		for i := e.StartFrame; i <= e.EndFrame; i++ {
			in[i] = true
		}
	}
	for i, m := range moving {
		if m && !in[i] {
			return fmt.Errorf("cells move in frame %d, which is in no event", i)
		}
	}
	return nil
}
