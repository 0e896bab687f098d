package method

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/score"
)

//go:embed subtract.py
var subtractor string

// OpenCV is one of OpenCV's background subtractors, as Debian's python3-opencv has it, with its default parameters.
// Cells that it takes for shadows are not marked.
type OpenCV struct {
	Python string // the interpreter; see FindPython
	Kind   string // MOG2 or KNN
}

// Name implements Method.
func (o OpenCV) Name() string { return "OpenCV " + o.Kind + " at 1/8" }

// See implements Method.
func (o OpenCV) See(ctx context.Context, c *clip.Clip) (*score.Seen, error) {
	p, err := c.Planes()
	if err != nil {
		return nil, err
	}
	marked, _, err := o.Mark(ctx, p)
	if err != nil {
		return nil, err
	}
	return Confirm(marked, c.Truth.FPS), nil
}

// Mark returns the cells that differ from the background, and what OpenCV took for one frame, in the median, on one
// thread and without what Python adds to it.
func (o OpenCV) Mark(ctx context.Context, p *score.Cells) (marked *score.Cells, frame time.Duration, err error) {
	cmd := Program(ctx, o.Python, "-c", subtractor, o.Kind, fmt.Sprint(p.W), fmt.Sprint(p.H))
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(p.Data), &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("run OpenCV %s: %w: %s", o.Kind, err, strings.TrimSpace(complaints.String()))
	}
	if out.Len() != len(p.Data) {
		return nil, 0, fmt.Errorf("run OpenCV %s: %d bytes of cells instead of %d", o.Kind, out.Len(), len(p.Data))
	}
	var ns int64
	if _, err := fmt.Sscanf(complaints.String(), "median %d ns", &ns); err != nil {
		return nil, 0, fmt.Errorf("run OpenCV %s: no time in %q: %w", o.Kind, complaints.String(), err)
	}
	return &score.Cells{W: p.W, H: p.H, Data: out.Bytes()}, time.Duration(ns), nil
}

// FindPython returns the interpreter that has Debian's OpenCV, and its version.
func FindPython(ctx context.Context) (python, version string, err error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		out, err := exec.CommandContext(ctx, python, "-c", "import cv2; print(cv2.__version__)").Output()
		if err == nil {
			return python, strings.TrimSpace(string(out)), nil
		}
	}
	return "", "", errors.New("no python3 with OpenCV (Debian: python3-opencv)")
}
