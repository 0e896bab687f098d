package usbip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// speedHigh is USB 2.0's 480 Mbit/s (enum usb_device_speed).
const speedHigh = 3

// free is the status of a port that nothing is plugged into (VDEV_ST_NULL).
const free = 4

// ErrNoPort says that the controller has no free port.
var ErrNoPort = errors.New("no free port")

// Controller is a virtual host controller by its folder in sysfs.
type Controller string

// Default is the first one, there once the module vhci-hcd is loaded.
const Default Controller = "/sys/devices/platform/vhci_hcd.0"

// Port is a line of the controller's status.
type Port struct {
	Number int
	Free   bool
	Bus    string // bus id of what is plugged in and has an address: "3-1"
}

// Ports returns the controller's high-speed ports.
func (c Controller) Ports() ([]Port, error) {
	b, err := os.ReadFile(filepath.Join(string(c), "status"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New("read the ports: no virtual host controller: is the module vhci-hcd loaded?")
	} else if err != nil {
		return nil, fmt.Errorf("read the ports: %w", err)
	}
	return parsePorts(string(b))
}

// parsePorts reads lines of "hub port sta spd dev sockfd local_busid" (Documentation/ABI, vhci_sysfs.c).
func parsePorts(status string) ([]Port, error) {
	var ports []Port
	for i, line := range strings.Split(strings.TrimSpace(status), "\n") {
		f := strings.Fields(line)
		if i == 0 || len(f) == 0 || f[0] != "hs" {
			continue
		}
		if len(f) < 7 {
			return nil, fmt.Errorf("read the ports: line %q has %d columns", line, len(f))
		}
		number, err1 := strconv.Atoi(f[1])
		state, err2 := strconv.Atoi(f[2])
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("read the ports: line %q: %w", line, err)
		}
		p := Port{Number: number, Free: state == free}
		if f[6] != "0-0" {
			p.Bus = f[6]
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// Plug plugs a device into the port of that number, or into any free one if it is negative, and returns the
// connection and the port. It returns an error wrapping ErrNoPort if there is none.
func (c Controller) Plug(number int) (*Conn, int, error) {
	ports, err := c.Ports()
	if err != nil {
		return nil, 0, err
	}
	err = ErrNoPort
	for _, p := range ports {
		if !p.Free || number >= 0 && p.Number != number {
			continue
		}
		// Somebody else may have been faster.
		var conn *Conn
		if conn, err = c.attach(p.Number); err == nil {
			return conn, p.Number, nil
		}
	}
	return nil, 0, fmt.Errorf("plug into a port of %s: %w", c, err)
}

// attach gives the controller one end of a pair of sockets.
func (c Controller) attach(port int) (*Conn, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make sockets: %w", err)
	}
	defer unix.Close(fds[0]) // the kernel has taken it
	f := os.NewFile(uintptr(fds[1]), "usbip")
	defer f.Close()
	const device = 0x10002 // bus and number on the exporting machine; nothing depends on it
	line := fmt.Sprintf("%d %d %d %d", port, fds[0], device, speedHigh)
	if err := os.WriteFile(filepath.Join(string(c), "attach"), []byte(line), 0); err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	return NewConn(conn), nil
}

// WaitFree waits until nothing is plugged into the port: the kernel clears up after a pulled plug on its own
// time, some milliseconds.
func (c Controller) WaitFree(ctx context.Context, number int) error {
	tick := time.NewTicker(5 * time.Millisecond) // sysfs has no way to wait for this file
	defer tick.Stop()
	for {
		ports, err := c.Ports()
		if err != nil {
			return err
		}
		for _, p := range ports {
			if p.Number == number && p.Free {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for port %d to be free: %w", number, ctx.Err())
		}
	}
}

// Nodes returns the video devices that the kernel made of the device on a bus id, in order.
func Nodes(bus string) []string {
	found, _ := filepath.Glob(filepath.Join("/sys/bus/usb/devices", bus, bus+":*", "video4linux", "video*"))
	for i, f := range found {
		found[i] = "/dev/" + filepath.Base(f)
	}
	return found
}
