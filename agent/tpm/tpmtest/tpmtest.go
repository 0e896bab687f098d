// Package tpmtest runs a TPM 2.0 in software for tests: swtpm, as Debian has it.
package tpmtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Chip is a TPM whose memory lies in a folder: it can be taken out of one start and put into the next.
type Chip struct{ dir string }

// New makes a chip as it comes from its maker. It skips the test, saying so, where there is no swtpm.
func New(t testing.TB) *Chip {
	t.Helper()
	if _, err := exec.LookPath("swtpm"); err != nil {
		t.Skip("there is no swtpm on this machine: Debian's package swtpm has it")
	}
	return &Chip{t.TempDir()}
}

// Start powers the chip and connects to it. Only one connection can be there at a time; when it is closed, the chip is without
// power.
func (c *Chip) Start(t testing.TB) net.Conn {
	t.Helper()
	dir, err := os.MkdirTemp("", "tpm") // a socket's path is at most 108 bytes long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "tpm")
	cmd := exec.Command("swtpm", "socket", "--tpm2", "--tpmstate", "dir="+c.dir,
		"--server", "type=unixio,path="+socket, "--flags", "not-need-init,startup-clear")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	end := func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	t.Cleanup(end)
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return &powered{conn, end}
		}
		if time.Now().After(limit) {
			t.Fatalf("swtpm does not answer: %v", err)
		}
	}
}

// powered is a connection with whose end the power goes.
type powered struct {
	net.Conn
	end func()
}

func (p *powered) Close() error {
	err := p.Conn.Close()
	p.end()
	return err
}
