package command

import (
	"strings"
	"testing"
	"time"

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

func TestStatusOfAClaim(t *testing.T) {
	soon := time.Now().Add(9*time.Minute + time.Second/2)
	for name, c := range map[string]struct {
		report status.Report
		want   string
	}{
		"looking": {
			status.Report{Claim: status.Claim{State: "looking", Until: &soon}},
			"owner    none\nclaim    looking, for another 9m0s\n",
		},
		"refused": {
			status.Report{Claim: status.Claim{State: "refused", Until: &soon, Refused: "claim code has expired"}},
			"claim    refused, for another 9m0s; the last code was refused: claim code has expired\n",
		},
		"closed": {status.Report{Claim: status.Claim{State: "closed"}}, "claim    no code is looked for; a press of the button begins it, or a restart\n"},
		"no lens, and somebody before": {
			status.Report{Former: 2},
			"owner    none\n         what is sealed for 2 former owners goes on to them\n",
		},
		"owned": {status.Report{Owner: "abc", Epoch: 3, Policy: 4}, "owner    abc, epoch 3, policy 4\nrunning  "},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := printStatus(&out, c.report); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("status is\n%s\nwant\n%s", out.String(), c.want)
			}
		})
	}
}
