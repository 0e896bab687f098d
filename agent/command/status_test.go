package command

import (
	"strings"
	"testing"

	"signet/agent/status"
)

func TestStatusOfCameras(t *testing.T) {
	works := status.Camera{
		Source: "usb:046d:0825", Model: "C270", Driver: "uvcvideo", Node: "/dev/video2", Format: "MJPG", Width: 1280, Height: 720,
		FPS: 30000.0 / 1001, Frames: 17, Dropped: map[string]uint64{"torn": 3, "empty": 1},
	}
	named, gone, early := works, works, status.Camera{Source: "auto"}
	named.Name = "Front"
	gone.Name, gone.Error, gone.Hint, gone.Dropped = "Yard", "open camera usb:046d:0825: no such device", "plug it in", nil
	for name, c := range map[string]struct {
		cameras []status.Camera
		want    string
	}{
		"one": {[]status.Camera{works}, `
camera   C270 (uvcvideo, /dev/video2), MJPG 1280x720 at 29.97/s, 17 frames
         1 frames dropped: empty
         3 frames dropped: torn
`},
		"one that is not there yet": {[]status.Camera{early}, `
camera   auto: not opened
`},
		"three": {[]status.Camera{named, gone, early}, `
camera 0  Front: C270 (uvcvideo, /dev/video2), MJPG 1280x720 at 29.97/s, 17 frames
          1 frames dropped: empty
          3 frames dropped: torn
camera 1  Yard: none: open camera usb:046d:0825: no such device
          hint: plug it in
camera 2  auto: not opened
`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := printStatus(&out, status.Report{Cameras: c.cameras}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("status is\n%s\nwant in it%s", out.String(), c.want)
			}
		})
	}
}
