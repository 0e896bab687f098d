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
	"path/filepath"
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
	Since   time.Time `json:"since"`

	Camera Camera `json:"camera"`
	Uplink Uplink `json:"uplink"`
	Spool  Spool  `json:"spool"`

	Recorded uint64            `json:"recorded"`          // records since the start
	LetGo    uint64            `json:"let_go"`            // clip parts or records that flash or processor could not keep up with
	Failed   uint64            `json:"failed"`            // records that could not be written
	Dropped  map[string]uint64 `json:"dropped,omitempty"` // frames, by reason
	Viewers  int               `json:"viewers"`
}

// Camera is the state of the camera.
type Camera struct {
	Name   string  `json:"name"`
	Driver string  `json:"driver,omitempty"`
	Format string  `json:"format,omitempty"`
	Width  int     `json:"width,omitempty"`
	Height int     `json:"height,omitempty"`
	FPS    float64 `json:"fps,omitempty"`
	Frames uint64  `json:"frames"`
	Error  string  `json:"error,omitempty"` // why there is none
}

// Uplink is the state of the connection.
type Uplink struct {
	Connected bool   `json:"connected"`
	Error     string `json:"error,omitempty"` // the last one
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

// Socket returns the path of the socket in a state folder.
func Socket(dir string) string { return filepath.Join(dir, "status.sock") }

// maxReport bounds an answer, in bytes.
const maxReport = 64 << 10

// Serve answers on the socket in dir until ctx ends.
func Serve(ctx context.Context, dir string, report func() Report) error {
	path := Socket(dir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("serve status: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("serve status: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return fmt.Errorf("serve status: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
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

// Read asks the agent whose state folder is dir.
func Read(ctx context.Context, dir string) (Report, error) {
	var r Report
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := d.DialContext(ctx, "unix", Socket(dir))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return r, fmt.Errorf("read status: %w on %s", ErrNotRunning, dir)
	}
	if err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	b, err := io.ReadAll(io.LimitReader(c, maxReport))
	if err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("read status: %w", err)
	}
	return r, nil
}
