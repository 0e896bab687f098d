package main

import (
	"signet/capture/source"
	"signet/capture/v4l2/device"
)

// choose returns the camera to show where nobody names one: this machine's, or a scene where it has none that can be used.
func choose(devices []device.Device, say func(format string, a ...any)) string {
	for _, d := range devices {
		if d.Err == nil {
			return source.Auto
		}
	}
	for _, d := range devices {
		say("camera %s, %s, cannot be used: %v", d.Path, d.Name, d.Err)
	}
	return source.Generated
}
