// Package devicetest plays a machine with cameras: a tree of device nodes and sysfs in a temporary folder, into which
// cameras are plugged, and drivers that answer for them.
package devicetest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/device"
)

// Tree is a machine. Its methods may be called concurrently.
type Tree struct {
	device.Root
	t testing.TB

	mu    sync.Mutex
	nodes map[string]*Node // by path
	reset []string         // USB nodes that were reset
	deny  error            // to reset
}

// New returns a machine without cameras.
func New(t testing.TB) *Tree {
	dir := t.TempDir()
	tree := &Tree{t: t, nodes: map[string]*Node{}}
	tree.Root = device.Root{
		Dev: filepath.Join(dir, "dev"), Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc"),
		Open: tree.open, ResetUSB: tree.resetUSB,
	}
	for _, d := range []string{tree.Dev, tree.Sys, tree.Proc} {
		tree.check(os.MkdirAll(d, 0o755))
	}
	return tree
}

func (t *Tree) check(err error) {
	t.t.Helper()
	if err != nil {
		t.t.Fatal(err)
	}
}

func (t *Tree) open(path string) (device.Node, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.nodes[path]
	if n == nil {
		return nil, unix.ENOENT
	}
	if err := n.opened(); err != nil {
		return nil, err
	}
	return n, nil
}

func (t *Tree) resetUSB(path string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deny != nil {
		return t.deny
	}
	t.reset = append(t.reset, path)
	return nil
}

// Resets returns which USB nodes were reset; deny is the answer from now on.
func (t *Tree) Resets(deny error) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deny = deny
	return t.reset
}

// Path returns the path of a node.
func (t *Tree) Path(node string) string { return filepath.Join(t.Dev, node) }

// Plug plugs a camera in: n answers at node ("video0"). It returns the path.
func (t *Tree) Plug(node string, n *Node) string {
	t.t.Helper()
	t.sysfs(node, n)
	path := t.Path(node)
	t.mu.Lock()
	t.nodes[path] = n
	t.mu.Unlock()
	t.check(os.WriteFile(path, nil, 0o600))
	return path
}

// Unplug takes it away, with the links to it.
func (t *Tree) Unplug(node string) {
	t.t.Helper()
	path := t.Path(node)
	t.mu.Lock()
	delete(t.nodes, path)
	t.mu.Unlock()
	t.check(os.Remove(path))
	t.check(os.RemoveAll(filepath.Join(t.Sys, "class/video4linux", node)))
	links, _ := filepath.Glob(filepath.Join(t.Dev, "v4l/*/*"))
	for _, l := range links {
		if target, _ := os.Readlink(l); filepath.Base(target) == node {
			t.check(os.Remove(l))
		}
	}
}

// Link makes a link to a node as udev does: Link("by-id", "usb-Maker_Camera-video-index0", "video0").
func (t *Tree) Link(dir, name, node string) string {
	t.t.Helper()
	dir = filepath.Join(t.Dev, "v4l", dir)
	t.check(os.MkdirAll(dir, 0o755))
	link := filepath.Join(dir, name)
	t.check(os.Symlink("../../"+node, link))
	return link
}

// sysfs writes what the kernel shows of a camera.
func (t *Tree) sysfs(node string, n *Node) {
	t.t.Helper()
	parent := filepath.Join(t.Sys, "devices/platform", n.platform())
	if u := n.USB; u != nil {
		usb := filepath.Join(t.Sys, "devices/platform/soc/usb", u.Port)
		parent = filepath.Join(usb, u.Port+":"+u.Interface)
		for name, text := range map[string]string{
			"idVendor": u.Vendor, "idProduct": u.Product, "serial": u.Serial, "busnum": u.Bus, "devnum": u.Device,
		} {
			t.check(os.MkdirAll(usb, 0o755))
			if text != "" {
				t.check(os.WriteFile(filepath.Join(usb, name), []byte(text+"\n"), 0o600))
			}
		}
	}
	class := filepath.Join(parent, "video4linux", node)
	t.check(os.MkdirAll(class, 0o755))
	t.check(os.WriteFile(filepath.Join(class, "name"), []byte(n.Card+"\n"), 0o600))
	t.check(os.WriteFile(filepath.Join(class, "index"), fmt.Appendln(nil, n.Index), 0o600))
	os.Remove(filepath.Join(class, "device"))
	t.check(os.Symlink(parent, filepath.Join(class, "device")))
	link := filepath.Join(t.Sys, "class/video4linux", node)
	t.check(os.MkdirAll(filepath.Dir(link), 0o755))
	os.Remove(link)
	t.check(os.Symlink(class, link))
}
