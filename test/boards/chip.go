package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"signet/certs"
	"signet/test/boards/board"
)

// chipScenarios run the shipped agent on a board with a TPM 2.0: swtpm on the host, which the board's kernel takes for a chip.
func chipScenarios() []scenario {
	return []scenario{
		{board: board.Generic, driver: "tpm_vtpm_proxy", name: "keys in a TPM sign an event; another TPM has none of them", alone: true, run: keysInChip},
	}
}

// tpmDevice is the board's TPM, behind the kernel's resource manager.
const tpmDevice = "/dev/tpmrm0"

// chip is a TPM that a board has.
type chip struct {
	on      *board.Board
	program *board.Program
	end     func()
}

// solder gives a board a TPM whose memory is in a folder of the host.
func (b *bench) solder(ctx context.Context, on *board.Board, name string) (*chip, error) {
	dir := filepath.Join(b.Dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "swtpm", "socket", "--tpm2", "--tpmstate", "dir="+dir, "--server", "type=tcp,bindaddr=127.0.0.1,port="+ports[0],
		"--flags", "not-need-init")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &chip{on: on, end: func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }}
	b.after(c.end)
	if err := listening(ctx, dir, cmd); err != nil {
		return nil, err
	}
	c.program, err = on.Start(ctx, filepath.Join(b.Dir, name+".log"), "guest", "tpm", "-to", board.Host+":"+ports[0])
	if err != nil {
		return nil, err
	}
	if _, err := c.program.Await(ctx, "is there"); err != nil {
		return nil, err
	}
	for {
		if r, err := on.Run(ctx, "test", "-e", tpmDevice); err != nil || r.Code == 0 {
			return c, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for %s: %w", tpmDevice, ctx.Err())
		}
	}
}

// listening waits for a TPM that a program makes. Nobody may call it to see: it serves one caller.
func listening(ctx context.Context, dir string, cmd *exec.Cmd) error {
	inode := func() bool {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", cmd.Process.Pid))
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:") {
				return true
			}
		}
		return false
	}
	for !inode() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for the TPM in %s: %w", dir, ctx.Err())
		}
	}
	return nil
}

// desolder takes the TPM off the board.
func (c *chip) desolder(ctx context.Context) error {
	_, err := c.program.Stop(ctx)
	c.end()
	return err
}

func keysInChip(ctx context.Context, b *bench) error {
	s, err := b.newSite(ctx)
	if err != nil {
		return err
	}
	on, err := b.boot(ctx, board.Generic, "board", "")
	if err != nil {
		return err
	}
	if err := on.Load(ctx, "tpm_vtpm_proxy"); err != nil {
		return err
	}
	tpm, err := b.solder(ctx, on, "tpm")
	if err != nil {
		return err
	}
	s.identity = []string{"--tpm", tpmDevice}
	if err := s.enrol(ctx, on); err != nil {
		return err
	}
	if err := s.configure(ctx, on, vividCamera); err != nil {
		return err
	}
	agent, err := b.agentOnVivid(ctx, s, on)
	if err != nil {
		return err
	}
	if err := s.wholeEvent(ctx, b, on); err != nil {
		return err
	}
	if err := s.levels(ctx, certs.KeyInTPM); err != nil {
		return err
	}
	if out, err := on.Output(ctx, "find", stateDir, "-name", "*.key"); err != nil || strings.Contains(out, "event") || strings.Contains(out, "device") {
		return fmt.Errorf("keys in files: %s %w", out, err)
	}
	if code, err := agent.Stop(ctx); err != nil || code != 0 {
		return fmt.Errorf("the agent ended with exit status %d, %v: %q", code, err, agent.Lines())
	}
	if err := tpm.desolder(ctx); err != nil {
		return err
	}
	// Somebody has the card and a TPM of his own.
	if _, err := b.solder(ctx, on, "another-tpm"); err != nil {
		return err
	}
	r, err := on.Run(ctx, "signet-agent", "identity", "--dir", stateDir)
	if err != nil {
		return err
	}
	b.say("with another TPM: %s", strings.TrimSpace(r.Stderr))
	if r.Code == 0 || !strings.Contains(r.Stderr, "device.tpm") {
		return fmt.Errorf("with another TPM the agent says %q and %q", r.Stdout, r.Stderr)
	}
	return nil
}

// levels wants the owner to be told where the camera keeps its keys.
func (s *site) levels(ctx context.Context, want certs.KeyLevel) error {
	out, err := s.command(ctx, "signet-owner", "cameras", "--dir", s.Path("owner"), "--json")
	if err != nil {
		return err
	}
	var c struct {
		EventKey  certs.KeyLevel `json:"event_key"`
		DeviceKey certs.KeyLevel `json:"device_key"`
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		return fmt.Errorf("cameras: %w: %s", err, out)
	}
	if c.EventKey != want || c.DeviceKey != want {
		return fmt.Errorf("the owner is told %+v, not %q", c, want)
	}
	return nil
}
