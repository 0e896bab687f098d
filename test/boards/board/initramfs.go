package board

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// script is the first program on a board.
//
//go:embed init.sh
var script []byte

// write writes the board's first file system: busybox, the kernel modules in the order of their loading, programs.
func (o Options) writeInitramfs(ctx context.Context, m machine, file string) (err error) {
	modules, err := o.System.Modules(ctx, slices.Concat(m.modules, o.Modules)...)
	if err != nil {
		return err
	}
	later, err := o.System.Modules(ctx, slices.Concat(m.modules, o.Modules, o.Later)...)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	a := newArchive(f)
	add := func(name string, mode os.FileMode, from string) error {
		b, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		return a.add(name, mode, b)
	}
	if err := a.add("init", 0o755, script); err != nil {
		return err
	}
	if err := add("bin/busybox", 0o755, o.System.Busybox()); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Programs)) {
		if err := add("bin/"+name, 0o755, o.Programs[name]); err != nil {
			return fmt.Errorf("program %s for the board: %w", name, err)
		}
	}
	var load strings.Builder
	for _, from := range later {
		name := filepath.Base(from)
		if err := add("modules/"+name, 0o644, from); err != nil {
			return err
		}
		if slices.Contains(modules, from) || !slices.Contains(o.Later, strings.TrimSuffix(name, ".ko")) {
			fmt.Fprintln(&load, name)
		}
	}
	if err := a.add("modules/load", 0o644, []byte(load.String())); err != nil {
		return err
	}
	return a.close()
}
