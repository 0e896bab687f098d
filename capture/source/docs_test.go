package source

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/cameras.md explains is what the code says: every message of its tables is put together from texts in the code.
func TestMessagesAreExplained(t *testing.T) {
	b, err := os.ReadFile("../../docs/cameras.md")
	if err != nil {
		t.Fatal(err)
	}
	code := sources(t, append(ofCameras, "../../agent/daemon", "../../agent/command")...)
	_, tables, ok := strings.Cut(string(b), "## What the messages mean")
	if !ok {
		t.Fatal("messages are not explained")
	}
	span := regexp.MustCompile("`([^`]+)`")
	n := 0
	for line := range strings.Lines(tables) {
		cell, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		cell, _, _ = strings.Cut("`"+cell, " | ")
		for _, m := range span.FindAllStringSubmatch(cell, -1) {
			n++
			for part := range strings.SplitSeq(m[1], "…") {
				for part := range strings.SplitSeq(part, ": ") {
					if part = strings.TrimSpace(part); part != "input/output error" && !strings.Contains(code, part) {
						t.Errorf("no code says %q of %q", part, m[1])
					}
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("%d messages were found", n)
	}
}

// ofCameras are the folders whose messages docs/cameras.md explains.
var ofCameras = []string{"..", "../v4l2", "../v4l2/device", "../v4l2/control", "../httpcam", "../moment", "."}

// And it explains all that they log for somebody to act on.
func TestWhatIsLoggedIsExplained(t *testing.T) {
	b, err := os.ReadFile("../../docs/cameras.md")
	if err != nil {
		t.Fatal(err)
	}
	logged := regexp.MustCompile(`[lL]og\.(?:Warn|Error)\("([^"]+)"`).FindAllStringSubmatch(sources(t, ofCameras...), -1)
	for _, m := range logged {
		if !strings.Contains(string(b), m[1]) {
			t.Errorf("%q is not explained", m[1])
		}
	}
	if len(logged) < 15 {
		t.Errorf("%d messages were found", len(logged))
	}
}

// sources returns the code in folders, without its tests.
func sources(t *testing.T, folders ...string) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range folders {
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
	}
	return all.String()
}
