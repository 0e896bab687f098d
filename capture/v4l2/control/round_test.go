package control

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/uapi"
)

// broken is a camera whose transfers take their time and may fail.
type broken struct {
	*driver
	lists time.Duration // what listing its controls takes; then only the first is told
	takes time.Duration
	get   func(id uint32) error
	set   func(id uint32) error
	calls int // transfers
}

func (b *broken) Controls() []uapi.ControlInfo {
	if b.lists > 0 {
		time.Sleep(b.lists)
		return b.driver.Controls()[:1]
	}
	return b.driver.Controls()
}

func (b *broken) transfer(ask func(uint32) error, id uint32) error {
	b.calls++
	time.Sleep(b.takes)
	if ask != nil {
		return ask(id)
	}
	return nil
}

func (b *broken) Control(id uint32) (int32, error) {
	if err := b.transfer(b.get, id); err != nil {
		return 0, err
	}
	return b.driver.Control(id)
}

func (b *broken) SetControl(id uint32, v int32) error {
	if err := b.transfer(b.set, id); err != nil {
		return err
	}
	return b.driver.SetControl(id, v)
}

func always(err error) func(uint32) error { return func(uint32) error { return err } }

// A device that does not answer is not asked for one control after another.
func TestHangs(t *testing.T) {
	set := Set{"brightness": 3, "contrast": 20, "nonsense": 1, "power_line_frequency": 0}
	for _, c := range []struct {
		what   string
		device broken
		calls  int
		took   time.Duration // at most
		want   string        // the last line of the error
	}{
		{
			"does not answer",
			broken{takes: 5 * time.Second, get: always(unix.ETIMEDOUT)},
			1, 5 * time.Second,
			"power_line_frequency, brightness, contrast, 6 that are not named: not set: the camera does not answer: connection timed out",
		},
		{
			"errors on the bus",
			broken{get: always(unix.EPROTO)},
			1, 0,
			"power_line_frequency, brightness, contrast, 6 that are not named: not set: the camera does not answer: protocol error",
		},
		{
			"does not answer, of a driver that keeps values",
			broken{takes: 2 * time.Second, set: always(unix.ETIMEDOUT)},
			2, 4 * time.Second,
			"power_line_frequency, brightness, contrast, 6 that are not named: not set: the camera does not answer: connection timed out",
		},
		{"gone", broken{get: always(unix.ENODEV)}, 1, 0, "power_line_frequency, brightness, contrast, 6 that are not named: not set: no such device"},
		{
			"fails at everything",
			broken{get: always(unix.EIO), set: always(unix.EIO)},
			3, 0,
			"brightness, contrast, 6 that are not named: not set: the camera does not answer: input/output error",
		},
		{
			"is slow",
			broken{takes: time.Second},
			4, 4 * time.Second,
			"brightness, contrast, 5 that are not named: not set: the camera takes too long",
		},
		{"does not even list", broken{lists: 5 * time.Second}, 0, 5 * time.Second, "brightness, contrast, nonsense, power_line_frequency: not set: the camera takes too long"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := c.device
			d.driver = webcam()
			began := time.Now()
			_, err := set.Apply(t.Context(), &d)
			if took := time.Since(began); took > c.took || d.calls > c.calls {
				t.Errorf("%s: %v, %d transfers", c.what, took, d.calls)
			}
			lines := strings.Split(err.Error(), "\n")
			if last := lines[len(lines)-1]; last != c.want {
				t.Errorf("%s: %s\nwant %s", c.what, last, c.want)
			}
		})
	}
}

// Nor where it is asked only why controls have no effect.
func TestHangsAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &broken{driver: webcam()}
		d.lax, d.set = true, always(unix.EACCES)
		reads := 0
		d.get = func(uint32) error {
			if reads++; reads > 1 {
				time.Sleep(5 * time.Second)
				return unix.ETIMEDOUT
			}
			return nil
		}
		began := time.Now()
		_, err := Set{"exposure_time_absolute": 4, "white_balance_temperature": 2800, "brightness": 1}.ApplyAfter(t.Context(), d, nil)
		want := "exposure_time_absolute: has no effect while another control is as it is\n" +
			"white_balance_temperature: not set: the camera does not answer: connection timed out"
		if took := time.Since(began); took > 5*time.Second || err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v: %v\nwant\n%s", took, err, want)
		}
	})
}

// A camera that nothing is said of may hang too.
func TestHangsWithoutASet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := Set(nil).Apply(t.Context(), &broken{driver: webcam(), lists: 5 * time.Second})
		if err == nil || err.Error() != "controls: not set: the camera takes too long" {
			t.Error(err)
		}
	})
}

// EIO may be of one control; of two in a row it is of the camera.
func TestFailsInARow(t *testing.T) {
	one := &broken{driver: webcam(), set: func(id uint32) error {
		if id == brightness || id == leds {
			return unix.EIO
		}
		return nil
	}}
	set := Set{"brightness": 3, "contrast": 20, "leds": 4}
	_, err := set.Apply(t.Context(), one)
	if want := "brightness: set 3: input/output error\nleds: set 0x4: input/output error"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	all := &broken{driver: webcam(), set: always(unix.EIO)}
	_, err = set.Apply(t.Context(), all)
	want := "brightness: set 3: input/output error\ncontrast, leds, 3 that are not named: not set: the camera does not answer: input/output error"
	if err == nil || err.Error() != want || all.values[contrast] != 50 {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

// What cannot be read has no default to go back to, and is no error.
func TestUnreadable(t *testing.T) {
	d := &broken{driver: webcam(), get: func(id uint32) error {
		if id == contrast {
			return unix.EIO
		}
		return nil
	}}
	d.values[contrast], d.values[leds] = 20, 4
	if _, err := (Set{"brightness": 3}).Apply(t.Context(), d); err != nil || d.values[contrast] != 20 || d.values[leds] != 1 || d.values[brightness] != 3 {
		t.Errorf("contrast %d, leds %d, %v", d.values[contrast], d.values[leds], err)
	}
}

// The end of the context is the end after the transfer that goes on.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &broken{driver: webcam(), takes: time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := Set{"brightness": 3}.Apply(ctx, d)
		if !errors.Is(err, context.DeadlineExceeded) || d.calls != 1 {
			t.Errorf("%d transfers, %v", d.calls, err)
		}
	})
}

// Only what is named, or is to go back to its default, is read.
func TestReads(t *testing.T) {
	read := map[uint32]int{}
	d := &broken{driver: webcam(), get: func(id uint32) error { read[id]++; return nil }}
	if _, err := (Set{"brightness": 3}).ApplyAfter(t.Context(), d, Set{"contrast": 20}); err != nil || len(read) != 2 || read[brightness] != 2 || read[contrast] != 1 {
		t.Errorf("read %v, %v", read, err)
	}
}

// The list is whole; values are missing from where the device does not answer.
func TestListOfOneThatHangs(t *testing.T) {
	d := &broken{driver: webcam(), get: func(id uint32) error {
		if id == contrast {
			return unix.ETIMEDOUT
		}
		return nil
	}}
	all := List(d)
	if len(all) != len(d.controls) || all[0].Value == nil || all[1].Value != nil || all[2].Value != nil || d.calls != 2 {
		t.Errorf("%d transfers, %+v", d.calls, all)
	}
}
