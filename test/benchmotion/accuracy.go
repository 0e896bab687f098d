package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/method"
	"signet/test/benchmotion/score"
)

// judged is what a method made of a clip.
type judged struct {
	clip   string
	group  clip.Group
	length float64 // of the clip, in seconds
	method string
	score.Result
}

// peers returns those methods that can be run here, and says which cannot.
func (b *bench) peers(ctx context.Context) []method.Method {
	list := []method.Method{method.Signet{Agent: filepath.Join(b.bin, "signet-agent")}}
	if path, err := exec.LookPath("motion"); err == nil {
		list = append(list, method.Daemon{Path: path, Busy: b.wasBusy})
	} else {
		say("motion daemon: passed over, for it is not installed (Debian: motion)")
	}
	if python, version, err := method.FindPython(ctx); err == nil {
		say("OpenCV %s", version)
		list = append(list, method.OpenCV{Python: python, Kind: "MOG2"}, method.OpenCV{Python: python, Kind: "KNN"})
	} else {
		say("OpenCV: passed over: %v", err)
	}
	list = append(list, method.Difference{})
	var wanted []method.Method
	for _, m := range list {
		if b.methods.MatchString(m.Name()) {
			wanted = append(wanted, m)
		}
	}
	return wanted
}

// sources returns the clips that are wanted.
func (b *bench) sources() ([]clip.Source, error) {
	var list []clip.Source
	if b.wants("accuracy", "footage") {
		if _, err := os.Stat(b.footage); err != nil {
			say("recordings: passed over: %v (set SIGNET_FOOTAGE)", err)
		}
		all, err := clip.Folder(b.footage, say)
		if err != nil {
			return nil, err
		}
		list = append(list, all...)
	}
	if b.wants("accuracy", "generated") {
		list = append(list, clip.Scenes()...)
	}
	if b.wants("accuracy", "disturbed") {
		list = append(list, clip.Disturbances()...)
	}
	var wanted []clip.Source
	for _, s := range list {
		if b.clips.MatchString(s.Name) {
			wanted = append(wanted, s)
		}
	}
	return wanted, nil
}

// accuracy lets every method see every clip, some clips at once. What fails is left out and is in the error. Work for the
// processor is done a little at a time, so that what sees clips at their own pace is not held up by it.
func accuracy(ctx context.Context, sources []clip.Source, methods []method.Method, atOnce int) ([]judged, error) {
	results := make([][]judged, len(sources))
	errs := make([]error, len(sources))
	slots, work := make(slots, atOnce), make(slots, max(runtime.NumCPU()-1, 1))
	var wait sync.WaitGroup
	for i, s := range sources {
		wait.Go(func() {
			errs[i] = slots.hold(ctx, func() (err error) {
				var c *clip.Clip
				if err := work.hold(ctx, func() (err error) { c, err = s.Load(ctx); return err }); err != nil {
					return err
				}
				results[i], err = see(ctx, c, methods, work)
				say("%-24s seen", s.Name)
				return err
			})
		})
	}
	wait.Wait()
	return slices.Concat(results...), errors.Join(errs...)
}

// slots bounds how much goes on at once.
type slots chan struct{}

// hold does something when there is room for it.
func (s slots) hold(ctx context.Context, do func() error) error {
	select {
	case s <- struct{}{}:
		defer func() { <-s }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// see lets methods see a clip, in their order.
func see(ctx context.Context, c *clip.Clip, methods []method.Method, work slots) (list []judged, err error) {
	for _, m := range methods {
		var r score.Result
		one := func() error {
			seen, err := m.See(ctx, c)
			if err == nil {
				r, err = score.Judge(&c.Truth, seen)
			}
			return err
		}
		var e error
		if _, live := m.(method.Live); live {
			e = one()
		} else {
			e = work.hold(ctx, one)
		}
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s, %s: %w", c.Name, m.Name(), e))
			continue
		}
		list = append(list, judged{c.Name, c.Group, float64(len(c.Frames)) / c.Truth.FPS, m.Name(), r})
	}
	return list, err
}

// wasBusy notes a clip whose figures of the motion daemon are not to be trusted.
func (b *bench) wasBusy(clip string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy = append(b.busy, clip)
}

var voice sync.Mutex

// say tells what is done, beside the tables.
func say(format string, a ...any) {
	voice.Lock()
	defer voice.Unlock()
	fmt.Fprintf(os.Stderr, format+"\n", a...)
}
