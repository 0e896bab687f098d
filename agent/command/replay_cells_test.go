package command_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"signet/capture"
	"signet/capture/compress"
)

// cells FILE FRAMES [FROM-TO] checks a file of replay --cells of so many frames of the generated scene: something moves in
// most frames of the span and in none outside of it. With !FROM-TO nothing moves in the span.
func cells(ts *testscript.TestScript, _ bool, args []string) {
	head, body, ok := strings.Cut(ts.ReadFile(args[0]), "\n")
	var w, h int
	if n, err := fmt.Sscanf(head, "cells %d %d", &w, &h); !ok || n != 2 || err != nil || head != fmt.Sprintf("cells %d %d", w, h) {
		ts.Fatalf("it begins with %q", head)
	}
	frames, err := strconv.Atoi(args[1])
	ts.Check(err)
	if w != 80 || h != 60 || len(body) != frames*w*h {
		ts.Fatalf("%d x %d cells, %d bytes, want 80 x 60 and %d", w, h, len(body), frames*80*60)
	}
	var moving []int
	for i := range frames {
		frame := body[i*w*h:][:w*h]
		ones := strings.Count(frame, "\x01")
		if ones+strings.Count(frame, "\x00") != w*h {
			ts.Fatalf("frame %d has bytes other than 0 and 1", i)
		}
		if ones > 0 {
			moving = append(moving, i)
		}
	}
	if len(args) == 2 {
		return
	}
	span, still := strings.CutPrefix(args[2], "!")
	var from, to, inside int
	_, err = fmt.Sscanf(span, "%d-%d", &from, &to)
	ts.Check(err)
	for _, i := range moving {
		if i >= from && i <= to {
			inside++
		} else if !still {
			ts.Fatalf("something moves in frame %d", i)
		}
	}
	if still && inside > 0 || !still && inside < (to-from)/2 {
		ts.Fatalf("something moves in %d of the frames %s", inside, span)
	}
}

// damage TO FROM N... copies a recording of the generated scene with some of its frames broken off.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	frames, err := film()
	ts.Check(err)
	out := make([][]byte, len(frames))
	copy(out, frames[:])
	if string(bytes.Join(out, nil)) != ts.ReadFile(args[1]) {
		ts.Fatalf("%s is another recording", args[1])
	}
	for _, a := range args[2:] {
		i, err := strconv.Atoi(a)
		ts.Check(err)
		out[i] = out[i][:len(out[i])/2]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Join(out, nil), 0o600))
}

// join TO FROM WxH N copies a recording and adds N black frames of that size.
func join(ts *testscript.TestScript, _ bool, args []string) {
	var w, h int
	_, err := fmt.Sscanf(args[2], "%dx%d", &w, &h)
	ts.Check(err)
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	var e compress.Encoder
	black, err := e.Append(nil, &capture.Frame{Format: capture.GREY, Width: w, Height: h, Data: make([]byte, w*h)}, 80)
	ts.Check(err)
	all := append([]byte(ts.ReadFile(args[1])), bytes.Repeat(black, n)...)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all, 0o600))
}
