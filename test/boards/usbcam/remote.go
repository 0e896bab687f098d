package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"signet/test/boards/usbcam/camera"
)

// maxLine bounds a command and its answer, in bytes.
const maxLine = 64 << 10

// reply is the answer to a command, one line of JSON.
type reply struct {
	Answer string `json:"answer,omitempty"`
	Error  string `json:"error,omitempty"`
}

// listen makes the socket, which a camera that was killed may have left behind.
func listen(path string) (net.Listener, error) {
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("listen on %s: another camera does", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		os.Remove(path)
	}
	return net.Listen("unix", path)
}

// answer executes commands, one for each connection, until l is closed.
func answer(ctx context.Context, l net.Listener, cam *camera.Camera) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		all.Go(func() { answerOne(ctx, conn, cam) })
	}
}

// answerOne executes one command. Who hangs up gives it up.
func answerOne(ctx context.Context, conn net.Conn, cam *camera.Camera) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	in := bufio.NewScanner(conn)
	in.Buffer(nil, maxLine)
	if !in.Scan() {
		return
	}
	go func() {
		in.Scan() // nothing more comes but the end
		cancel()
	}()
	var r reply
	var err error
	if r.Answer, err = cam.Do(ctx, in.Text()); err != nil {
		r.Error = err.Error()
	}
	_ = json.NewEncoder(conn).Encode(r)
}

// do sends a command and prints its answer.
func do(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("do", flag.ContinueOnError)
	socket := f.String("socket", defaultSocket, "Unix socket of the camera")
	timeout := f.Duration("timeout", 15*time.Second, "for how long to wait for the camera and its answer")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.Arg(0) == "help" {
		fmt.Print(camera.Help())
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	r, err := ask(ctx, *socket, strings.Join(f.Args(), " "))
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("do %s: no answer within %v", f.Arg(0), *timeout)
	case err != nil:
		return fmt.Errorf("do: %w", err)
	case r.Error != "":
		return errors.New(r.Error)
	case r.Answer != "":
		fmt.Println(r.Answer)
	}
	return nil
}

// ask waits for the camera to be there, sends a line and returns the answer.
func ask(ctx context.Context, socket, line string) (reply, error) {
	var r reply
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	for tick := time.NewTicker(20 * time.Millisecond); err != nil; { // it may have been started just now
		select {
		case <-tick.C:
			conn, err = d.DialContext(ctx, "unix", socket)
		case <-ctx.Done():
			return r, err
		}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := fmt.Fprintln(conn, line); err != nil {
		return r, err
	}
	in := bufio.NewScanner(conn)
	in.Buffer(nil, maxLine)
	if !in.Scan() {
		return r, errors.Join(errors.New("the camera hung up"), in.Err())
	}
	return r, json.Unmarshal(in.Bytes(), &r)
}
