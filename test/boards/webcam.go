package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"signet/test/boards/board"
	"signet/test/boards/usbcam/camera"
	pictures "signet/test/boards/usbcam/footage"
)

// webcam is a virtual USB webcam that is plugged into a board.
type webcam struct {
	board  *board.Board
	socket string
}

// plugIn plugs a webcam into a board and waits until the kernel has a node for it. args are of usbcam serve.
func (b *bench) plugIn(ctx context.Context, on *board.Board, name string, args ...string) (*webcam, error) {
	w := &webcam{on, "/run/" + name + ".sock"}
	argv := append([]string{"usbcam", "serve", "-socket", w.socket, "-serial", name, "-loop"}, args...)
	if _, err := on.Start(ctx, filepath.Join(b.Dir, name+".log"), argv...); err != nil {
		return nil, err
	}
	_, err := w.node(ctx, 0)
	return w, err
}

// do tells the webcam something.
func (w *webcam) do(ctx context.Context, words ...string) (string, error) {
	return w.board.Output(ctx, append([]string{"usbcam", "do", "-socket", w.socket}, words...)...)
}

func (w *webcam) state(ctx context.Context) (s camera.State, err error) {
	out, err := w.do(ctx, "state")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(out), &s)
}

// node waits for the webcam's n-th stream to have a device node, metadata left out, and returns it.
func (w *webcam) node(ctx context.Context, n int) (string, error) {
	for {
		s, err := w.state(ctx)
		if err != nil {
			return "", err
		}
		// uvcvideo gives each stream a node for pictures and, after it, one for metadata.
		if len(s.Nodes) > 2*n {
			return "/dev/" + filepath.Base(s.Nodes[2*n]), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("wait for the webcam's device node: %w; %+v", ctx.Err(), s)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// webcamScenarios are about capture/v4l2 on the kernel's driver for USB webcams.
func webcamScenarios() []scenario {
	var all []scenario
	on := func(name string, run func(context.Context, *bench, *webcam, string) error, args ...string) {
		all = append(all, scenario{board: board.Pi, driver: "uvcvideo", name: name, run: func(ctx context.Context, b *bench) error {
			return b.withWebcam(ctx, args, run)
		}})
	}
	on("MJPEG is read as it was sent", readsMJPEG)
	on("YUYV is read", readsYUYV, "-formats", "yuyv", "-fps", "5")
	for _, f := range []struct {
		name, fault string
		torn        uint64 // frames that are counted as torn
		lost        uint64 // frames that are missing, at least: the driver does not deliver them
	}{
		{"torn frames are dropped and counted", "torn", 5, 5},
		{"what is no JPEG is dropped and counted", "garbage", 5, 5},
		{"frames that the bus spoiled are dropped", "err", 0, 5},
		{"a missing end of frame does no harm", "noeof", 0, 0},
		{"two images in one frame are taken for one", "twoimages", 0, 0},
		{"padding is cut off", "padding", 0, 0},
		{"frames without Huffman tables are read", "nohuffman", 0, 0},
	} {
		on(f.name, func(ctx context.Context, b *bench, cam *webcam, node string) error {
			return spoiled(ctx, b, cam, node, f.fault, f.torn, f.lost)
		})
	}
	on("a stalled stream is started anew", stalls)
	on("a pulled plug is noticed, and the camera comes back", replugged)
	on("H.264 comes beside the pictures", readsH264, "-formats", "mjpeg,h264")
	return all
}

// lendH264 puts the film as H.264 on the board and returns its path.
func (b *bench) lendH264(ctx context.Context) (string, error) {
	video, err := b.lab.h264(ctx)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(video)
	if err != nil {
		return "", err
	}
	const onBoard = "/run/film.h264"
	return onBoard, b.Put(ctx, onBoard, content, 0o644)
}

// withWebcam plugs a webcam in for a scenario, and pulls it out.
func (b *bench) withWebcam(ctx context.Context, args []string, run func(context.Context, *bench, *webcam, string) error) error {
	args = append([]string{"-footage", boardFilm}, args...)
	if strings.Contains(strings.Join(args, " "), "h264") {
		video, err := b.lendH264(ctx)
		if err != nil {
			return err
		}
		args = append(args, "-h264", video)
	}
	ctx, cancel := context.WithCancel(ctx) // ends the webcam
	defer cancel()
	cam, err := b.plugIn(ctx, b.Board, "cam0", args...)
	if err != nil {
		return err
	}
	defer cam.do(context.WithoutCancel(ctx), "unplug")
	node, err := cam.node(ctx, 0)
	if err != nil {
		return err
	}
	return run(ctx, b, cam, node)
}

func readsMJPEG(ctx context.Context, b *bench, cam *webcam, node string) error {
	s, err := b.probe(ctx, "-device", node, "-frames", "30")
	if err != nil {
		return err
	}
	if s.Format != "MJPG" || s.Width != 640 || s.Height != 480 || s.end.Why != "enough" || s.Driver != "uvcvideo" {
		return fmt.Errorf("camera %+v, end %+v", s.Camera, s.end)
	}
	if s.lost() > 3 || s.end.Marked+s.end.Empty+s.end.Torn > 0 {
		return fmt.Errorf("%d frames are missing between 30, end %+v", s.lost(), s.end)
	}
	if r := s.rate(); r < 9 || r > 11 {
		return fmt.Errorf("frames come at %.2f/s", r)
	}
	return s.ordered()
}

func readsYUYV(ctx context.Context, b *bench, cam *webcam, node string) error {
	s, err := b.probe(ctx, "-device", node, "-frames", "10", "-fps", "5")
	if err != nil {
		return err
	}
	if s.Format != "YUYV" || s.end.Why != "enough" {
		return fmt.Errorf("camera %+v, end %+v", s.Camera, s.end)
	}
	for _, f := range s.frames {
		if f.Bytes != 640*480*2 {
			return fmt.Errorf("frame %d has %d bytes", f.Seq, f.Bytes)
		}
	}
	return s.ordered()
}

// spoiled has five frames spoiled in a stream of 40, and expects the others to be whole.
func spoiled(ctx context.Context, b *bench, cam *webcam, node, fault string, torn, lost uint64) error {
	w, err := b.watch(ctx, "-device", node, "-frames", "40")
	if err != nil {
		return err
	}
	if err := w.frames(ctx, 5); err != nil {
		return err
	}
	how := "5"
	if fault == "nohuffman" {
		how = "on"
	}
	if _, err := cam.do(ctx, fault, how); err != nil {
		return err
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	if s.end.Why != "enough" || s.end.Torn != torn || s.end.Empty+s.end.Marked > 0 || s.lost() < lost {
		return fmt.Errorf("%d frames are missing, want at least %d; end %+v, want %d torn", s.lost(), lost, s.end, torn)
	}
	if torn+lost == 0 && s.lost() > 5+3 {
		return fmt.Errorf("%d frames are missing", s.lost())
	}
	if fault != "nohuffman" {
		if err := b.asFilmed(ctx, s); err != nil {
			return err
		}
	}
	return s.ordered()
}

// asFilmed says whether every frame is as long as a picture of the film: no byte less, nothing behind it.
func (b *bench) asFilmed(ctx context.Context, s seen) error {
	film, err := b.lab.film(ctx)
	if err != nil {
		return err
	}
	all, err := pictures.LoadJPEGs(film)
	if err != nil {
		return err
	}
	sizes := map[int]bool{}
	for _, p := range all.Images {
		sizes[len(p)] = true
	}
	for _, f := range s.frames {
		if !sizes[f.Bytes] {
			return fmt.Errorf("frame %d has %d bytes, as no picture of the film", f.Seq, f.Bytes)
		}
	}
	return nil
}

// stalls lets the webcam send nothing, and go on only after its stream was started anew.
func stalls(ctx context.Context, b *bench, cam *webcam, node string) error {
	w, err := b.watch(ctx, "-device", node, "-frames", "30")
	if err != nil {
		return err
	}
	if err := w.frames(ctx, 5); err != nil {
		return err
	}
	if _, err := cam.do(ctx, "stall"); err != nil {
		return err
	}
	if _, err := w.Await(ctx, "starting its stream anew"); err != nil {
		return err
	}
	if _, err := cam.do(ctx, "go"); err != nil {
		return err
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	if s.end.Why != "enough" || s.end.MaxFill < 3*time.Second || s.end.MaxFill > 6*time.Second {
		return fmt.Errorf("end %+v", s.end)
	}
	if st, err := cam.state(ctx); err != nil || st.Streams[0].Started != 2 {
		return fmt.Errorf("the stream was started %d times: %w", st.Streams[0].Started, err)
	}
	return s.ordered()
}

// replugged pulls the plug while frames come, and plugs the camera in with other formats.
func replugged(ctx context.Context, b *bench, cam *webcam, node string) error {
	w, err := b.watch(ctx, "-device", node, "-frames", "1000")
	if err != nil {
		return err
	}
	if err := w.frames(ctx, 5); err != nil {
		return err
	}
	if _, err := cam.do(ctx, "formats", "yuyv"); err != nil {
		return err
	}
	before := time.Now()
	if _, err := cam.do(ctx, "unplug"); err != nil {
		return err
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	if took := time.Since(before); s.end.Why != "gone" || took > 2*time.Second {
		return fmt.Errorf("after %v: end %+v", took, s.end)
	}
	b.say("noticed within %v", time.Since(before))
	if _, err := cam.do(ctx, "plug"); err != nil {
		return err
	}
	if node, err = cam.node(ctx, 0); err != nil {
		return err
	}
	return readsYUYV(ctx, b, cam, node)
}

// readsH264 wants both kinds of frame, each with its own numbers.
func readsH264(ctx context.Context, b *bench, cam *webcam, node string) error {
	s, err := b.probe(ctx, "-device", node, "-frames", "60")
	if err != nil {
		return err
	}
	if !s.H264 || s.end.Why != "enough" || s.end.Torn > 0 {
		return fmt.Errorf("camera %+v, end %+v", s.Camera, s.end)
	}
	units := 0
	next := map[bool]uint64{}
	for _, f := range s.frames {
		if f.Error != "" || f.Seq < next[f.H264] {
			return fmt.Errorf("frame %+v, want number %d", f, next[f.H264])
		}
		if next[f.H264] = f.Seq + 1; f.H264 {
			units++
		}
	}
	if units < 20 || units > 40 {
		return fmt.Errorf("of 60 frames %d are H.264", units)
	}
	return nil
}
