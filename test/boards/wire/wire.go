// Package wire is what host and guest of a virtual board say to each other: HTTP, with the roles of the two ends turned
// round. The guest, which nobody can call, calls the host, says a token, and serves requests on that connection.
package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Connections is how many connections a guest keeps open to its host, hence how many requests run at once.
const Connections = 8

// Names on the kernel's command line by which the guest learns whom to call.
const (
	HostKey  = "boards.host"  // host:port
	TokenKey = "boards.token" // what it says first on every connection
)

// TokenBytes is the length of a token in bytes; it is said as twice as many hexadecimal digits.
const TokenBytes = 16

// Paths of requests.
const (
	RunPath    = "/run"    // POST Command: runs it to its end, answers a Result
	StartPath  = "/start"  // POST Command: streams what it prints; PidHeader before, ExitTrailer after
	SignalPath = "/signal" // POST Signal
	FilePath   = "/file"   // PUT and GET ?path=
)

// Header and trailer of StartPath.
const (
	PidHeader   = "Boards-Pid"
	ExitTrailer = "Boards-Exit"
)

// Bounds in bytes.
const (
	MaxOutput  = 4 << 20  // of what a command prints to one of its ends; the rest is dropped
	MaxFile    = 64 << 20 // of a file that is read or written
	MaxMessage = 16 << 20 // of a Command or a Result as JSON
)

// Command is a program to run on the board.
type Command struct {
	Argv    []string      `json:"argv"`
	Env     []string      `json:"env,omitempty"` // added to the guest's own
	Stdin   []byte        `json:"stdin,omitempty"`
	Timeout time.Duration `json:"timeout,omitempty"` // it is killed after that; 0 is never
}

// Result is how a command ended.
type Result struct {
	Code   int    `json:"code"` // exit status; -1 if a signal ended it
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

// Signal is for a process that was started with StartPath.
type Signal struct {
	Pid    int `json:"pid"`
	Signal int `json:"signal"`
}

// Read reads a message of at most MaxMessage bytes.
func Read[T any](r io.Reader) (T, error) {
	var v T
	b, err := io.ReadAll(io.LimitReader(r, MaxMessage+1))
	if err != nil {
		return v, err
	}
	if len(b) > MaxMessage {
		return v, fmt.Errorf("message is longer than %d bytes", MaxMessage)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("read message: %w", err)
	}
	return v, nil
}
