package main

import (
	"strings"
	"testing"
)

func TestCodeStaysOutOfTheLog(t *testing.T) {
	var log, out strings.Builder
	s := &screen{out: &out, log: &log}
	s.line("owner", "your page: http://localhost:1/#code=secret")
	if strings.Contains(log.String(), "secret") {
		t.Errorf("log is %q", log.String())
	}
	if !strings.Contains(out.String(), "#code=secret") {
		t.Errorf("screen shows %q", out.String())
	}
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct{ from, line, want string }{
		{"camera", `time=1 level=INFO msg=camera name="generated room" driver=scene format=MJPG width=640 height=480 fps=10`, "generated room, MJPG 640x480 at 10/s"},
		{"camera", `time=1 level=INFO msg=camera name=192.0.2.7 driver=http format=MJPG width=640 height=480 fps=0`, "192.0.2.7, MJPG 640x480"},
		{"camera", "time=1 level=INFO msg=recorded type=started position=1.3 event=01a2003b-c7a3-7468-8061-e73849b5dfd4", "event 01a2003b-c7a3 started"},
		{"camera", "time=1 level=INFO msg=recorded type=part position=1.4 event=01a2003b-c7a3-7468-8061-e73849b5dfd4", ""},
		{"camera", `time=1 level=ERROR msg="no camera" err="open x: gone" hint="plug it in"`, "no camera: open x: gone (hint: plug it in)"},
		{"camera", `time=1 level=ERROR msg="no camera" err="say \"auto\""`, `no camera: say "auto"`},
		{"camera", `time=1 level=INFO msg="configuration changed" at_once=motion.sensitivity after_restart=""`, "configuration changed: motion.sensitivity at once"},
		{"cloud", "time=1 level=INFO msg=bound device=x position=1.1", ""},
		{"owner", "your page: http://localhost:1/#code=x", "your page: http://localhost:1/#code=x"},
	} {
		if got := translate(c.from, c.line); got != c.want {
			t.Errorf("%s %s\nis   %q\nwant %q", c.from, c.line, got, c.want)
		}
	}
}
