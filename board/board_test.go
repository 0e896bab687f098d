package board

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio/gpiotest"

	"signet/board/button"
	"signet/board/led"
)

type fake struct{ gpiotest.Pin }

func (*fake) Close() {}

func named(names ...string) (lines []line) {
	for _, n := range names {
		lines = append(lines, &fake{gpiotest.Pin{N: n}})
	}
	return lines
}

func TestFind(t *testing.T) {
	chips := []chip{
		{"gpiochip0", named("GPIO2", "", "GPIO10", "SDA", "SCL", "A", "B", "C", "D", "E")},
		{"gpiochip1", named("", "BUTTON")},
	}
	for name, want := range map[string]line{
		"GPIO10":      chips[0].lines[2],
		"BUTTON":      chips[1].lines[1],
		"gpiochip0:1": chips[0].lines[1],
		"gpiochip1:0": chips[1].lines[0],
	} {
		if got, err := find(chips, name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"GPIO3", "gpiochip0:10", "gpiochip0:-1", "gpiochip9:0", "gpiochip0:x", "gpiochip0:"} {
		_, err := find(chips, name)
		want := `no GPIO line "` + name + `"; there are A, B, BUTTON, C, D, E, GPIO10, GPIO2, … (10 names), gpiochip0:0 to gpiochip0:9, gpiochip1:0 to gpiochip1:1`
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	if _, err := find(nil, "X"); err == nil || !strings.HasSuffix(err.Error(), "there are none") {
		t.Errorf("no chips: %v", err)
	}
}

func TestNothingIsTouchedWithoutALine(t *testing.T) {
	b, err := New(Config{OnButton: func(e button.Event) { t.Error(e) }})
	if err != nil {
		t.Fatal(err)
	}
	b.Show(led.Online)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v", err)
	}
}

func TestSameLineTwice(t *testing.T) {
	if _, err := New(Config{LED: "X", Button: "X"}); err == nil || !strings.Contains(err.Error(), `both on GPIO line "X"`) {
		t.Errorf("error is %v", err)
	}
}

// The whole of periph's host package adds 0.6 MB to a binary for chips that the kernel's own interface covers.
func TestOnlyTheCharacterDeviceIsLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "signet/board").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for p := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(p, "periph.io/x/host/") && p != "periph.io/x/host/v3/gpioioctl" {
			t.Errorf("%s is linked", p)
		}
		if strings.HasPrefix(p, "signet/") && !strings.HasPrefix(p, "signet/board") {
			t.Errorf("%s is imported: the board knows nothing of the rest of the camera", p)
		}
	}
}
