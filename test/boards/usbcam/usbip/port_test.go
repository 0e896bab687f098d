package usbip

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// As Linux 6.1 prints it; fourteen lines left out.
const portStatus = `hub port sta spd dev      sockfd local_busid
hs  0000 006 003 00010002 000007 1-1
hs  0001 004 000 00000000 000000 0-0
hs  0002 005 000 00000000 000000 0-0
ss  0008 004 000 00000000 000000 0-0
`

func TestParsePorts(t *testing.T) {
	ports, err := parsePorts(portStatus)
	want := []Port{{0, false, "1-1"}, {1, true, ""}, {2, false, ""}}
	if err != nil || !slices.Equal(ports, want) {
		t.Errorf("%v, %v; want %v", ports, err, want)
	}
	for _, broken := range []string{"hs 0 4", "hs x 4 0 0 0 0-0", "hs 0 x 0 0 0 0-0"} {
		if ports, err := parsePorts("title\n" + broken); err == nil {
			t.Errorf("%q: %v", broken, ports)
		}
	}
}

// folder is a controller's folder as a kernel has it, but for what writing does.
func folder(t *testing.T, status string) Controller {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"status": status, "attach": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Controller(dir)
}

func TestPlug(t *testing.T) {
	c := folder(t, portStatus)
	conn, port, err := c.Plug(-1)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if port != 1 {
		t.Errorf("port %d, want the free one", port)
	}
	b, err := os.ReadFile(filepath.Join(string(c), "attach"))
	if f := strings.Fields(string(b)); err != nil || len(f) != 4 || f[0] != "1" || f[3] != "3" {
		t.Errorf("wrote %q, %v: want port, descriptor, device, high speed", b, err)
	}
	if _, _, err := c.Plug(0); !errors.Is(err, ErrNoPort) {
		t.Errorf("a port in use: %v", err)
	}
	if _, _, err := Controller(t.TempDir()).Plug(-1); err == nil || !strings.Contains(err.Error(), "vhci-hcd") {
		t.Errorf("without the module: %v", err)
	}
}

func TestWaitFree(t *testing.T) {
	c := folder(t, portStatus)
	if err := c.WaitFree(t.Context(), 1); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.WaitFree(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a port in use: %v", err)
	}
}
