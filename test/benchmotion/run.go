package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"signet/test/benchmotion/table"
)

// run measures what is wanted, prints it, and keeps it as Markdown.
func (b *bench) run(ctx context.Context) error {
	begun := time.Now()
	var tables []*table.Table
	var errs []error
	sources, err := b.sources()
	if err != nil {
		return err
	}
	if len(sources) > 0 {
		ctx, cancel := context.WithTimeout(ctx, accuracyLimit)
		defer cancel()
		all, err := accuracy(ctx, sources, b.peers(ctx), b.at)
		errs = append(errs, err)
		tables = append(tables, accuracyTables(all)...)
		if len(b.busy) > 0 && len(tables) > 0 {
			tables[len(tables)-1].Note("The machine had too much to do while the motion daemon saw %s: it may do better than it says here.", strings.Join(b.busy, "; "))
		}
	}
	for _, t := range tables { // costs take minutes more
		errs = append(errs, t.Text(os.Stdout))
	}
	if b.wants("costs", "decode") || b.wants("costs", "detect") || b.wants("costs", "whole") {
		t, err := b.costs(ctx)
		errs = append(errs, err)
		if t != nil {
			errs = append(errs, t.Text(os.Stdout))
			tables = append(tables, t)
		}
	}
	where := b.where(ctx)
	fmt.Printf("\n%s; took %v\n", where, time.Since(begun).Round(time.Second))
	if b.markdown != "" {
		errs = append(errs, b.write(tables, where))
	}
	if n := missedBars(tables); n > 0 {
		errs = append(errs, fmt.Errorf("%d bars are missed", n))
	}
	return errors.Join(errs...)
}

// where says what was measured, and on what.
func (b *bench) where(ctx context.Context) string {
	version := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).Output()
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), ",")
		if err != nil && line == "" {
			return name + " is not installed"
		}
		return line
	}
	return fmt.Sprintf("%s; %s; %s, %d processors, %s", version(b.bin+"/signet-agent", "version"), version("motion", "-h"),
		runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
}

func (b *bench) write(tables []*table.Table, where string) error {
	f, err := os.Create(b.markdown)
	if err != nil {
		return err
	}
	for _, t := range tables {
		err = errors.Join(err, t.Markdown(f))
	}
	_, e := io.WriteString(f, "\nMeasured with "+where+".\n")
	return errors.Join(err, e, f.Close())
}
