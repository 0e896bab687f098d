package cli

import (
	"io"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, " YES \r\n": true, "yes": true, "n\n": false, "\n": false, "": false, "yesterday\n": false} {
		var out strings.Builder
		if got := (Env{Stdin: strings.NewReader(answer), Stdout: &out}).Ask("Sure?"); got != want {
			t.Errorf("%q is taken for %v", answer, got)
		}
		if !strings.HasPrefix(out.String(), "Sure? [y/N] ") {
			t.Errorf("asked %q", out.String())
		}
	}
	if (Env{Stdout: io.Discard}).Ask("Sure?") {
		t.Error("nobody said yes")
	}
}

func TestReadLine(t *testing.T) {
	e := Env{Stdin: strings.NewReader("one\r\ntwo\nthree")}
	for _, want := range []string{"one", "two", "three"} {
		if got, err := e.ReadLine(); got != want || err != nil {
			t.Errorf("read %q, %v, want %q", got, err, want)
		}
	}
	if _, err := e.ReadLine(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if _, err := (Env{Stdin: strings.NewReader(strings.Repeat("x", maxLine+1))}).ReadLine(); err == nil {
		t.Error("an endless line is read")
	}
}
