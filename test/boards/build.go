package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// program is one that runs on the boards.
type program struct {
	name, pkg string
	flags     string // for the linker
}

// build builds programs for a board's processor into dir and returns their files by name.
func build(ctx context.Context, dir string, programs ...program) (map[string]string, error) {
	files := map[string]string{}
	for _, p := range programs {
		file := filepath.Join(dir, p.name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", p.flags, "-o", file, p.pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm", "GOARM=7")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", p.name, err, out)
		}
		files[p.name] = file
	}
	return files, nil
}

// buildHost builds the programs for the other side, for this machine, into dir.
func buildHost(ctx context.Context, dir, flags string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", flags, "-o", dir+"/", "./cloud/signet-cloud", "./owner/signet-owner")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs of this machine: %w\n%s", err, out)
	}
	return nil
}
