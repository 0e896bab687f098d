package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// methods returns those that can be run here, and says which cannot.
func (b *bench) peers(ctx context.Context) []method.Method {
	list := []method.Method{method.Signet{Agent: filepath.Join(b.bin, "signet-agent")}}
	if path, err := exec.LookPath("motion"); err == nil {
		list = append(list, method.Daemon{Path: path})
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

// accuracy lets every method see every clip, some clips at once. What fails is said and left out; the error is that.
func accuracy(ctx context.Context, sources []clip.Source, methods []method.Method, atOnce int) ([]judged, error) {
	results := make([][]judged, len(sources))
	errs := make([]error, len(sources))
	slots := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	for i, s := range sources {
		wait.Go(func() {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
				errs[i] = ctx.Err()
				return
			}
			c, err := s.Load(ctx)
			if err != nil {
				errs[i] = err
				return
			}
			results[i], errs[i] = see(ctx, c, methods)
			say("%-24s seen", s.Name)
		})
	}
	wait.Wait()
	var all []judged
	for _, r := range results {
		all = append(all, r...)
	}
	return all, errors.Join(errs...)
}

func see(ctx context.Context, c *clip.Clip, methods []method.Method) (list []judged, err error) {
	for _, m := range methods {
		seen, e := m.See(ctx, c)
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s, %s: %w", c.Name, m.Name(), e))
			continue
		}
		r, e := score.Judge(&c.Truth, seen)
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s, %s: %w", c.Name, m.Name(), e))
			continue
		}
		list = append(list, judged{c.Name, c.Group, float64(len(c.Frames)) / c.Truth.FPS, m.Name(), r})
	}
	return list, err
}

var voice sync.Mutex

// say tells what is done, beside the tables.
func say(format string, a ...any) {
	voice.Lock()
	defer voice.Unlock()
	fmt.Fprintf(os.Stderr, format+"\n", a...)
}
