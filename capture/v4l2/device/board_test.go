package device_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/device"
)

// recorded makes a tree of a record of sysfs, with a node for each video device, which nobody may open.
func recorded(t *testing.T, file string) device.Root {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	check(err)
	dir := t.TempDir()
	r := device.Root{
		Dev: filepath.Join(dir, "dev"), Sys: filepath.Join(dir, "sys"),
		Open: func(string) (device.Node, error) { return nil, unix.EACCES },
	}
	check(os.Mkdir(r.Dev, 0o700))
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if path, target, ok := strings.Cut(line, " -> "); ok {
			check(os.MkdirAll(filepath.Join(dir, target), 0o700))
			check(os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700))
			check(os.Symlink(filepath.Join(dir, target), filepath.Join(dir, path)))
			if filepath.Dir(path) == "/sys/class/video4linux" {
				check(os.WriteFile(filepath.Join(r.Dev, filepath.Base(path)), nil, 0o600))
			}
			continue
		}
		path, text, _ := strings.Cut(line, " = ")
		check(os.WriteFile(filepath.Join(dir, path), []byte(text+"\n"), 0o600))
	}
	return r
}

// What can be told of a real board's cameras without opening them.
func TestBoard(t *testing.T) {
	all := recorded(t, "testdata/board.sysfs").List()
	var got []string
	for _, d := range all {
		got = append(got, summary(d)+", "+filepath.Base(d.Names(all)[0]))
	}
	want := []string{
		"video0 vivid-000-vid-cap: permission denied, video0",
		"video1 Virtual Webcam 1d6b:0102  on 1-5: permission denied, usb-port:1-5",
		"video2 Virtual Webcam 1d6b:0102  on 1-3: permission denied, usb-port:1-3",
	}
	if !slices.Equal(got, want) {
		t.Errorf("is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if u := all[1].USB; u == nil || u.Bus != "001" || u.Device != "005" || u.Interface != "1.0" {
		t.Errorf("%+v", u)
	}
}
