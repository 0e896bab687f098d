package main

import (
	"fmt"
	"syscall"
	"testing"

	"signet/capture/source"
	"signet/capture/v4l2/device"
)

func TestChoose(t *testing.T) {
	good, locked := device.Device{Path: "/dev/video2"}, device.Device{Path: "/dev/video0", Name: "Cam", Err: syscall.EACCES}
	for _, c := range []struct {
		devices    []device.Device
		want, said string
	}{
		{nil, source.Generated, ""},
		{[]device.Device{good, locked}, source.Auto, ""},
		{[]device.Device{locked}, source.Generated, "camera /dev/video0, Cam, cannot be used: permission denied"},
	} {
		said := ""
		if got := choose(c.devices, func(f string, a ...any) { said += fmt.Sprintf(f, a...) }); got != c.want || said != c.said {
			t.Errorf("%v: %s, says %q", c.devices, got, said)
		}
	}
}
