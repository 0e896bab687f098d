// Package board boots virtual ARM boards: Debian's armhf kernel with its real drivers in QEMU, without hardware
// virtualisation, so the same on every machine.
//
//	b, err := board.Boot(ctx, board.Generic, board.Options{…})
//	defer b.Close()
//	out, err := b.Output(ctx, "uname", "-r")
//
// A board has no clock that keeps time, one network interface behind which is nothing but its host, at 10.0.2.2, and
// its first file system in memory; /state is on a disk if an image is given. Whoever boots a board closes it: then the
// process is gone, and so it is when the caller is killed.
package board

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"signet/test/boards/debian"
	"signet/test/boards/wire"
)

// Host is the address of the host as seen from a board; it is the host's loopback.
const Host = "10.0.2.2"

// Options say what a board is made of.
type Options struct {
	System   debian.Root
	Dir      string            // for its console, which is kept, and its first file system, which is not
	Name     string            // of the console's file: NAME.console
	Programs map[string]string // name in the board's /bin: file on the host; "guest" must be among them
	Modules  []string          // kernel modules loaded on boot, beside those that the machine needs
	Later    []string          // kernel modules for Load: only what they depend on is loaded on boot
	Disk     string            // image of an ext4 file system for /state; empty: none
}

// Board is a running board. Its methods may be called concurrently.
type Board struct {
	Kind Kind
	Took time.Duration // from power-on until it could be spoken to

	console string
	qemu    *process
	lines   *lines
	client  *http.Client
}

// patience is how long a board may take to boot; measured on two idle cores: see the table that the program prints.
const patience = 2 * time.Minute

// Boot powers a board on and waits until it can be spoken to.
func Boot(ctx context.Context, kind Kind, o Options) (*Board, error) {
	b, err := boot(ctx, kind, o)
	if err != nil {
		return nil, fmt.Errorf("boot %s: %w", kind, err)
	}
	return b, nil
}

func boot(ctx context.Context, kind Kind, o Options) (_ *Board, err error) {
	m, err := kind.machine()
	if err != nil {
		return nil, err
	}
	f := files{initramfs: filepath.Join(o.Dir, o.Name+".cpio"), park: filepath.Join(o.Dir, o.Name+".park"), disk: o.Disk}
	defer os.Remove(f.initramfs) // QEMU has read them when the board answers
	defer os.Remove(f.park)
	if err := errors.Join(o.writeInitramfs(ctx, m, f.initramfs), os.WriteFile(f.park, parkCode, 0o644)); err != nil {
		return nil, err
	}
	secret := make([]byte, wire.TokenBytes)
	rand.Read(secret) // never fails
	token := hex.EncodeToString(secret)
	l, err := listen(token)
	if err != nil {
		return nil, err
	}
	b := &Board{Kind: kind, console: filepath.Join(o.Dir, o.Name+".console"), lines: l}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr())
	parameters := fmt.Sprintf("panic=1 %s=%s:%s %s=%s", wire.HostKey, Host, port, wire.TokenKey, token)
	if o.Disk != "" {
		parameters += " boards.disk=" + m.disk
	}
	start := time.Now()
	if b.qemu, err = startQEMU(m.command(o.System, f, parameters), b.console); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-l.first:
	case <-b.qemu.done:
		return nil, fmt.Errorf("QEMU ended: %w\n%s", b.qemu.err, b.Console(30))
	case <-ctx.Done():
		return nil, fmt.Errorf("it does not call: %w\n%s", ctx.Err(), b.Console(30))
	}
	b.Took = time.Since(start)
	b.client = &http.Client{Transport: &http.Transport{
		DialContext:         l.dial,
		MaxIdleConnsPerHost: wire.Connections,
		MaxConnsPerHost:     wire.Connections,
		DisableCompression:  true,
	}}
	return b, nil
}

// Cut cuts the power: what the board has not written to its disk is lost.
func (b *Board) Cut() {
	if b.qemu != nil {
		b.qemu.kill()
	}
}

// Close ends the board as Cut does. It may be called again.
func (b *Board) Close() {
	b.Cut()
	b.lines.close()
}

// Alive says whether the board runs.
func (b *Board) Alive() bool {
	select {
	case <-b.qemu.done:
		return false
	default:
		return true
	}
}

// errGone says that a board no longer runs.
var errGone = errors.New("the board has gone")
