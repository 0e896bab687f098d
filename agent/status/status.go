// Package status lets signet-agent status ask a running agent what it is doing. The agent answers on a Unix socket
// in its state folder that only its user may open; nothing listens on the network.
package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// ErrNotRunning says that no agent answers.
var ErrNotRunning = errors.New("no agent is running")

// Report is what a running agent says of itself.
type Report struct {
	Version string    `json:"version"`
	Device  string    `json:"device"`
	Owner   string    `json:"owner,omitempty"` // hex; empty: none
	Epoch   uint64    `json:"epoch,omitempty"`
	Policy  uint64    `json:"policy,omitempty"`
	Keys    string    `json:"keys"` // what they are kept in, as certificates say
	Since   time.Time `json:"since"`

	Claim  Claim `json:"claim"`
	Former int   `json:"former,omitempty"` // epochs that are over, of which something may be left to send

	Cameras []Camera `json:"cameras"` // by number
	Uplink  Uplink   `json:"uplink"`
	Spool   Spool    `json:"spool"`

	Recorded uint64 `json:"recorded"` // records since the start
	Waiting  uint64 `json:"waiting"`  // records that wait for room on the flash
	LetGo    uint64 `json:"let_go"`   // records and clip parts for which flash, processor or memory did not suffice
	Failed   uint64 `json:"failed"`   // records that could not be made
	Viewers  int    `json:"viewers"`
}

// Claim is how a camera that nobody owns finds its owner through its lens.
type Claim struct {
	State   string     `json:"state,omitempty"`   // "looking", "offered" and so on; empty: it is not looked for
	Until   *time.Time `json:"until,omitempty"`   // it is looked for a code
	Refused string     `json:"refused,omitempty"` // why the last code was
}

// Camera is the state of one camera. From Model on, what it was last set up as; empty if it never gave a picture.
type Camera struct {
	Source  string            `json:"source"`            // as configured
	Name    string            `json:"name,omitempty"`    // as configured
	Error   string            `json:"error,omitempty"`   // why it gives no pictures now
	Hint    string            `json:"hint,omitempty"`    // what helps against that
	Frames  uint64            `json:"frames"`            // since the start
	Dropped map[string]uint64 `json:"dropped,omitempty"` // frames since the start, by reason

	Model  string  `json:"model,omitempty"` // what it says of itself
	Driver string  `json:"driver,omitempty"`
	Node   string  `json:"node,omitempty"` // device node or file
	Format string  `json:"format,omitempty"`
	Width  int     `json:"width,omitempty"`
	Height int     `json:"height,omitempty"`
	FPS    float64 `json:"fps,omitempty"`
}

// Uplink is the state of the connection.
type Uplink struct {
	Connected bool   `json:"connected"`
	Error     string `json:"error,omitempty"` // the last one
	Hint      string `json:"hint,omitempty"`  // what helps against it
	Media     int    `json:"media"`           // clip parts not uploaded yet
}

// Spool is what waits for a receipt.
type Spool struct {
	Pending int    `json:"pending"` // records
	Bytes   int64  `json:"bytes"`
	Refused int64  `json:"refused"`
	Dropped int64  `json:"dropped"`
	Last    string `json:"last"` // position
}

// name of the socket in a state folder.
const name = "status.sock"

// maxReport bounds an answer, in bytes.
const maxReport = 64 << 10

// open returns a path of the socket in dir that is short enough for a Unix socket, which takes 107 bytes (unix(7)),
// however long dir is. It is good until the folder is closed.
func open(dir string) (folder *os.File, path string, err error) {
	if folder, err = os.Open(dir); err != nil {
		return nil, "", err
	}
	return folder, fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), name), nil
}

// Serve answers on the socket in dir until ctx ends, and returns ctx.Err() then. The folder is closed to others (identity.Open), who
// else could connect before the socket has its mode. There is one agent on a state folder: a
// socket that is there was left by one that is gone.
func Serve(ctx context.Context, dir string, report func() Report) error {
	folder, path, err := open(dir)
	if err != nil {
		return fmt.Errorf("serve status: %w", err)
	}
	defer folder.Close()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("serve status: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("serve status: %w", err)
	}
	defer l.Close()
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("serve status: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("serve status: %w", err)
		}
		answer(c, report())
	}
}

func answer(c net.Conn, r Report) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_ = json.NewEncoder(c).Encode(r) // who asked and went away is no matter
}

// patience is how long an answer may take: a small board may have much to do.
const patience = 10 * time.Second

// Read asks the agent whose state folder is dir.
func Read(ctx context.Context, dir string) (Report, error) {
	var r Report
	folder, path, err := open(dir)
	if err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	defer folder.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return r, fmt.Errorf("read status: %w on %s", ErrNotRunning, dir)
	}
	if err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	b, err := io.ReadAll(io.LimitReader(c, maxReport))
	if err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	return r, nil
}
