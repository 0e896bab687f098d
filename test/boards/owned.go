package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"signet/internal/wait"
	"signet/test/boards/board"
)

// ownedScenarios run the shipped agent on a Raspberry Pi with USB webcams, as a user would.
func ownedScenarios() []scenario {
	on := func(name string, run func(context.Context, *bench) error) scenario {
		return scenario{board: board.Pi, driver: "uvcvideo", name: name, run: run}
	}
	return []scenario{
		on("the webcam is listed as it is configured", listsWebcam),
		on("an event reaches its owner", eventOfWebcam),
		on("an event's clip is of the webcam's H.264", eventInH264),
		on("spoiled frames reach neither thumbnail nor clip", spoiledEvent),
		on("the plug is pulled in an event, and put back", pulledInEvent),
		on("controls are set, changed and set back while it runs", controlled),
		on("two webcams, one is pulled", oneOfTwo),
		on("a webcam that goes on sending nothing is reset", hangs),
	}
}

// listsWebcam wants the camera, its formats and how to name it, and nothing that is no camera.
func listsWebcam(ctx context.Context, b *bench) error {
	if _, err := b.plugIn(ctx, b.Board, "cam0", "-footage", boardFilm, "-formats", "mjpeg,yuyv"); err != nil {
		return err
	}
	out, err := b.Output(ctx, "signet-agent", "cameras", "--json")
	if err != nil {
		return err
	}
	var all []struct {
		Path, Driver string
		Formats      []struct{ FourCC string }
		Controls     []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		return err
	}
	if len(all) != 1 || all[0].Driver != "uvcvideo" || len(all[0].Formats) != 2 || len(all[0].Controls) < 3 {
		return fmt.Errorf("listed is %s", out)
	}
	if out, err = b.Output(ctx, "signet-agent", "cameras", "--all"); err != nil {
		return err
	}
	for _, want := range []string{webcam0, "MJPG", "YUYV", "640x480", "brightness", "power_line_frequency"} {
		if !strings.Contains(out, want) {
			return fmt.Errorf("%s is not in\n%s", want, out)
		}
	}
	b.say("%s", out)
	return nil
}

func eventOfWebcam(ctx context.Context, b *bench) error {
	w, err := b.watchWebcams(ctx, b.Board, 1, cameraTable(webcam0))
	if err != nil {
		return err
	}
	if err := w.visit(ctx, w.cams[0]); err != nil {
		return err
	}
	return w.event(ctx)
}

// eventInH264 has the clip made of the webcam's own H.264, which names its parameters only when it begins.
func eventInH264(ctx context.Context, b *bench) error {
	video, err := b.lendH264(ctx)
	if err != nil {
		return err
	}
	w, err := b.watchWebcams(ctx, b.Board, 1, cameraTable(webcam0), "-formats", "mjpeg,h264", "-h264", video, "-h264-params-once")
	if err != nil {
		return err
	}
	if err := w.visit(ctx, w.cams[0]); err != nil {
		return err
	}
	clip, err := w.clip(ctx)
	if err != nil {
		return err
	}
	out, err := tool(ctx, "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", clip)
	if err != nil {
		return err
	}
	var n int
	if _, err := fmt.Sscanf(out, "h264,%d", &n); err != nil || n < 20 {
		return fmt.Errorf("ffprobe says of the clip: %s", out)
	}
	b.say("ffmpeg decodes %d pictures of H.264", n)
	return nil
}

// spoiledEvent spoils frames in every way while an event runs.
func spoiledEvent(ctx context.Context, b *bench) error {
	w, err := b.watchWebcams(ctx, b.Board, 1, cameraTable(webcam0))
	if err != nil {
		return err
	}
	cam := w.cams[0]
	if _, err := cam.do(ctx, "play"); err != nil {
		return err
	}
	if err := w.said(ctx, 1, saysStarted, 30*time.Second); err != nil {
		return err
	}
	for _, fault := range []string{"torn", "garbage", "twoimages", "padding", "noeof", "err"} {
		if _, err := cam.do(ctx, fault, "4"); err != nil {
			return err
		}
		if _, err := cam.do(ctx, "wait", "6"); err != nil {
			return err
		}
	}
	if err := w.empty(ctx, cam); err != nil {
		return err
	}
	if err := w.event(ctx); err != nil {
		return err
	}
	c, err := w.camera(ctx, 0)
	if err != nil {
		return err
	}
	b.say("dropped: %v", c.Dropped)
	if c.Dropped["torn"] != 8 || c.Dropped["lost before they came"] < 4 {
		return fmt.Errorf("dropped: %v", c.Dropped)
	}
	return nil
}

// pulledInEvent pulls the plug in the middle of an event, and puts it back: it has another node then, another rate, at
// last another format.
func pulledInEvent(ctx context.Context, b *bench) error {
	w, err := b.watchWebcams(ctx, b.Board, 1, cameraTable(webcam0))
	if err != nil {
		return err
	}
	cam := w.cams[0]
	before, err := w.camera(ctx, 0)
	if err != nil {
		return err
	}
	if err := w.play(ctx, cam); err != nil {
		return err
	}
	// Somebody else keeps the node open, so that its number is not free when the camera comes back.
	if _, err := b.Start(ctx, b.Dir+"/holder.log", "sh", "-c", "exec sleep 1000 < "+before.Node); err != nil {
		return err
	}
	pulled := time.Now()
	if _, err := cam.do(ctx, "unplug"); err != nil {
		return err
	}
	if err := w.said(ctx, 1, "camera gone", 2*time.Second-time.Since(pulled)); err != nil {
		return err
	}
	b.say("noticed after %v", time.Since(pulled))
	if err := w.said(ctx, 1, saysTamper, 5*time.Second); err != nil {
		return err
	}
	if n := w.count(saysEnded); n != 1 {
		return fmt.Errorf("the event has ended %d times before the tamper record", n)
	}
	if err := w.event(ctx); err != nil {
		return err
	}
	// By now the agent makes long pauses between its attempts, and is back in time only because it is told.
	if err := wait.For(ctx, 12*time.Second-time.Since(pulled)); err != nil {
		return err
	}
	took, err := w.replug(ctx, "mjpeg@5")
	if err != nil {
		return err
	}
	after, err := w.camera(ctx, 0)
	if err != nil {
		return err
	}
	b.say("back after %v, %s in place of %s", took, after.Node, before.Node)
	if took > 2*time.Second || after.Node == before.Node || after.FPS != 5 || before.FPS != 10 {
		return fmt.Errorf("back after %v: %+v", took, after)
	}
	if _, err := cam.do(ctx, "unplug"); err != nil {
		return err
	}
	if _, err = w.replug(ctx, "yuyv"); err != nil {
		return err
	}
	if after, err = w.camera(ctx, 0); err == nil && after.Format != "YUYV" {
		err = fmt.Errorf("plugged in with YUYV alone: %+v", after)
	}
	return err
}

// replug plugs the first webcam in with other formats, and returns how long it took from when the kernel knew it until the
// agent had its first picture.
func (w *watched) replug(ctx context.Context, formats string) (time.Duration, error) {
	works := w.count("msg=camera ")
	for _, words := range [][]string{{"formats", formats}, {"plug"}} {
		if _, err := w.cams[0].do(ctx, words...); err != nil {
			return 0, err
		}
	}
	plugged := time.Now()
	err := w.said(ctx, works+1, "msg=camera ", 15*time.Second)
	return time.Since(plugged), err
}

// controlled changes the configuration of controls while the agent runs.
func controlled(ctx context.Context, b *bench) error {
	w, err := b.watchWebcams(ctx, b.Board, 1, cameraTable(webcam0, "[camera.controls]", "brightness = 7", `power_line_frequency = "60 Hz"`))
	if err != nil {
		return err
	}
	initially, err := w.cams[0].state(ctx)
	if err != nil {
		return err
	}
	if initially.Controls["brightness"] != 7 || initially.Controls["power_line_frequency"] != 2 {
		return fmt.Errorf("set to %v", initially.Controls)
	}
	frames, err := w.camera(ctx, 0)
	if err != nil {
		return err
	}
	if err := w.configure(ctx, b.Board, shortEvents+cameraTable(webcam0, "[camera.controls]", "brightness = 100000", "contrast = 3")); err != nil {
		return err
	}
	if err := w.said(ctx, 1, "brightness: 100000 is not within", 10*time.Second); err != nil {
		return err
	}
	for limit := time.Now().Add(15 * time.Second); ; {
		s, err := w.cams[0].state(ctx)
		if err != nil {
			return err
		}
		if s.Controls["contrast"] == 3 && s.Controls["power_line_frequency"] != 2 {
			b.say("set to %v, then to %v", initially.Controls, s.Controls)
			break
		}
		if time.Now().After(limit) {
			return fmt.Errorf("controls are %v", s.Controls)
		}
		if err := wait.For(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	later, err := w.camera(ctx, 0)
	if err != nil || later.Frames <= frames.Frames || w.count("msg=camera ") != 1 {
		return fmt.Errorf("the camera did not go on: %+v, %w", later, err)
	}
	return nil
}

// oneOfTwo pulls one of two webcams, and has an event of the other.
func oneOfTwo(ctx context.Context, b *bench) error {
	w, err := b.watchWebcams(ctx, b.Board, 2, cameraTable(webcam0, "fps = 5")+cameraTable(webcam1, "fps = 5"))
	if err != nil {
		return err
	}
	if _, err := w.cams[0].do(ctx, "unplug"); err != nil {
		return err
	}
	if err := w.said(ctx, 1, saysTamper, 5*time.Second); err != nil {
		return err
	}
	if err := w.visit(ctx, w.cams[1]); err != nil {
		return err
	}
	if err := w.event(ctx); err != nil {
		return err
	}
	gone, err := w.camera(ctx, 0)
	if err != nil {
		return err
	}
	stays, err := w.camera(ctx, 1)
	if err != nil || gone.Error == "" || stays.Error != "" {
		return fmt.Errorf("cameras are %+v, %+v, %w", gone, stays, err)
	}
	return nil
}

// hangs lets the webcam send no more pictures until it is reset on its bus, whatever else is tried before.
func hangs(ctx context.Context, b *bench) error {
	w, err := b.watchWebcams(ctx, b.Board, 1, cameraTable(webcam0, "usb_reset = true"))
	if err != nil {
		return err
	}
	cam := w.cams[0]
	if _, err := cam.do(ctx, "stall"); err != nil {
		return err
	}
	began := time.Now()
	if err := w.said(ctx, 1, saysTamper, 20*time.Second); err != nil {
		return err
	}
	for _, step := range []string{"starting its stream anew", "wait for the first frame", "its USB device was reset"} {
		if err := w.said(ctx, 1, step, 30*time.Second); err != nil {
			return err
		}
	}
	if err := w.said(ctx, 2, "msg=camera ", 30*time.Second); err != nil {
		return err
	}
	s, err := cam.state(ctx)
	if err != nil || s.Resets != 1 {
		return fmt.Errorf("the webcam was reset %d times: %w", s.Resets, err)
	}
	b.say("back %v after it hung, reset %d times", time.Since(began), s.Resets)
	return nil
}
