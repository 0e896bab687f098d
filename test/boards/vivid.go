package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"signet/test/boards/board"
	"signet/test/boards/wire"
)

// vividScenarios are about capture/v4l2 on the kernel's virtual camera, whose controls make it do wrong.
func vividScenarios() []scenario {
	var all []scenario
	on := func(name string, cameras int, run func(context.Context, *bench) error) {
		all = append(all, scenario{board: board.Generic, driver: "vivid", name: name, run: func(ctx context.Context, b *bench) error {
			if err := b.vivid(ctx, cameras); err != nil {
				return err
			}
			return run(ctx, b)
		}})
	}
	for _, format := range []string{"YUYV", "UYVY", "NV12", "YU12", "GREY"} {
		on("colour bars are read right, "+format, 1, func(ctx context.Context, b *bench) error { return bars(ctx, b, format) })
	}
	on("rate and size are the driver's", 1, rateAndSize)
	on("broken buffers are dropped and counted", 1, brokenBuffers)
	on("lost frames are gaps in the numbers", 1, lostFrames)
	on("the driver's count wraps", 1, countWraps)
	on("the driver's clock is wrong", 1, clockWrong)
	on("a start that fails is an error once", 1, startFails)
	on("a fatal error of the stream is overcome", 1, fatalError)
	on("silence is noticed", 1, silence)
	on("a disconnected camera is noticed, and comes back", 1, disconnected)
	on("two cameras, one is disconnected", 2, twoCameras)
	return all
}

const camera0 = "/dev/video0"

// vivid gives the board that many fresh virtual cameras, /dev/video0 and following.
func (b *bench) vivid(ctx context.Context, cameras int) error {
	if loaded, err := b.Run(ctx, "grep", "-q", "^vivid ", "/proc/modules"); err != nil {
		return err
	} else if loaded.Code == 0 {
		if err := b.Unload(ctx, "vivid"); err != nil {
			return err
		}
	}
	types := strings.TrimSuffix(strings.Repeat("0x1,", cameras), ",") // capture only
	return b.Load(ctx, "vivid", fmt.Sprintf("n_devs=%d", cameras), "node_types="+types)
}

// bars75 returns the luma of the eight bars of vivid's first test pattern: white, yellow, cyan, green, magenta, red,
// blue, black, at 75 % (v4l2-tpg-colors.c). It codes colours as ITU-R BT.601 does, in the limited range, and plain grey as
// BT.709 does, in the full range.
func bars75(format string) []int {
	if format == "GREY" {
		return []int{191, 177, 150, 137, 54, 41, 14, 0}
	}
	return []int{180, 162, 131, 112, 84, 65, 35, 16}
}

func bars(ctx context.Context, b *bench, format string) error {
	s, err := b.probe(ctx, "-format", format, "-frames", "10")
	if err != nil {
		return err
	}
	if s.Format != format || s.Width != 640 || s.Height != 480 || s.end.Why != "enough" {
		return fmt.Errorf("camera %+v, end %+v", s.Camera, s.end)
	}
	for _, f := range s.frames {
		for i, want := range bars75(format) {
			if len(f.Grey) != wire.Columns || abs(f.Grey[i]-want) > 2 {
				return fmt.Errorf("frame %d: bars are %v, want %v", f.Seq, f.Grey, bars75(format))
			}
		}
	}
	return s.ordered()
}

func abs(n int) int { return max(n, -n) }

// rateAndSize asks for what the driver has not, and for a rate that it has.
func rateAndSize(ctx context.Context, b *bench) error {
	s, err := b.probe(ctx, "-width", "700", "-height", "500", "-fps", "15", "-frames", "40") // it does 5 where nobody asks
	if err != nil {
		return err
	}
	if s.Width != 640 || s.Height != 480 || s.FPS != 15 {
		return fmt.Errorf("asked for 700x500 at 15/s, told %dx%d at %v/s", s.Width, s.Height, s.FPS)
	}
	if r := s.rate(); r < 12 || r > 18 {
		return fmt.Errorf("frames come at %.2f/s", r)
	}
	return s.ordered()
}

// brokenBuffers marks buffers as broken (V4L2_BUF_FLAG_ERROR).
func brokenBuffers(ctx context.Context, b *bench) error {
	const broken = 5
	w, err := b.watch(ctx, "-frames", "40")
	if err != nil {
		return err
	}
	for i := range broken {
		if err := w.frames(ctx, 5*(i+1)); err != nil {
			return err
		}
		if _, err := b.control(ctx, camera0, "Inject V4L2_BUF_FLAG_ERROR", 1); err != nil {
			return err
		}
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	if s.end.Why != "enough" || s.end.Marked != broken || s.lost() < broken {
		return fmt.Errorf("of %d broken buffers %d were counted, %d frames are missing; end %+v", broken, s.end.Marked, s.lost(), s.end)
	}
	return s.ordered()
}

// lostFrames lets half of the frames be lost in the driver.
func lostFrames(ctx context.Context, b *bench) error {
	if _, err := b.control(ctx, camera0, "Percentage of Dropped Buffers", 50); err != nil {
		return err
	}
	s, err := b.probe(ctx, "-frames", "25")
	if err != nil {
		return err
	}
	if n := s.lost(); n < 10 || n > 60 || s.end.Why != "enough" {
		return fmt.Errorf("%d frames are missing between 25; end %+v", n, s.end)
	}
	if r := s.rate(); r < 8 || r > 12 { // so the gaps are as long as they are said to be
		return fmt.Errorf("the numbers rise at %.2f/s, want 10", r)
	}
	return s.ordered()
}

// countWraps starts the driver's count of frames shortly before it wraps.
func countWraps(ctx context.Context, b *bench) error {
	if _, err := b.control(ctx, camera0, "Wrap Sequence Number", 1); err != nil {
		return err
	}
	s, err := b.probe(ctx, "-fps", "60", "-width", "320", "-height", "180", "-frames", "160") // it wraps at frame 128
	if err != nil {
		return err
	}
	if s.end.Why != "enough" || s.lost() > 200 {
		return fmt.Errorf("%d frames are missing between 160; end %+v", s.lost(), s.end)
	}
	return s.ordered()
}

// clockWrong lets the driver stamp its frames with times of another age.
func clockWrong(ctx context.Context, b *bench) error {
	for value, name := range []string{1: "64 bits", 2: "32 bits"} {
		if name == "" {
			continue
		}
		if _, err := b.control(ctx, camera0, "Wrap Timestamp", value); err != nil {
			return err
		}
		s, err := b.probe(ctx, "-frames", "10")
		if err == nil {
			err = s.ordered()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if first := s.frames[0].Mono; s.end.Uptime-first > 10*time.Second {
			return fmt.Errorf("%s: at %v a frame of %v came", name, s.end.Uptime, first)
		}
	}
	return nil
}

// startFails makes the calls fail that set a camera up.
func startFails(ctx context.Context, b *bench) error {
	for _, name := range []string{"Inject VIDIOC_REQBUFS Error", "Inject VIDIOC_QBUF Error", "Inject VIDIOC_STREAMON Error"} {
		at, err := b.control(ctx, camera0, name, 1)
		if err != nil {
			return err
		}
		s, err := b.probe(ctx, "-frames", "3")
		if err != nil {
			return err
		}
		if took := s.end.Uptime - at; !strings.HasPrefix(s.end.Error, "open camera /dev/video0: start the stream: ") || took > 2*time.Second {
			return fmt.Errorf("%s: after %v %d frames, end %+v", name, took, len(s.frames), s.end)
		}
		b.say("%s", s.end.Error)
		if s, err = b.probe(ctx, "-frames", "3"); err != nil || s.end.Why != "enough" {
			return errors.Join(fmt.Errorf("after %s: end %+v", name, s.end), err)
		}
	}
	return nil
}

// fatalError puts the stream into a state that only a new start ends (vb2_queue_error).
func fatalError(ctx context.Context, b *bench) error {
	w, err := b.watch(ctx, "-frames", "30")
	if err != nil {
		return err
	}
	if err := w.frames(ctx, 5); err != nil {
		return err
	}
	at, err := b.control(ctx, camera0, "Inject Fatal Streaming Error", 1)
	if err != nil {
		return err
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	if s.end.Why != "enough" {
		return fmt.Errorf("end %+v", s.end)
	}
	for _, f := range s.frames {
		if f.Mono > at {
			b.say("the next frame came %v after the error", f.Mono-at)
			if f.Mono-at > 2*time.Second {
				return fmt.Errorf("the next frame came %v after the error", f.Mono-at)
			}
			return s.ordered()
		}
	}
	return fmt.Errorf("no frame came after the error")
}

// silence lets the driver deliver nothing at all.
func silence(ctx context.Context, b *bench) error {
	w, err := b.watch(ctx, "-frames", "1000")
	if err != nil {
		return err
	}
	if err := w.frames(ctx, 3); err != nil {
		return err
	}
	at, err := b.control(ctx, camera0, "Percentage of Dropped Buffers", 100)
	if err != nil {
		return err
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	// Three seconds until the stream is started anew, three until that is seen not to help.
	if took := s.end.Uptime - at; s.end.Why != "stalled" || took < 5500*time.Millisecond || took > 9*time.Second {
		return fmt.Errorf("after %v: end %+v", took, s.end)
	}
	return s.ordered()
}

// disconnected takes the camera away while it is read, as unplugging does, and gives it back.
func disconnected(ctx context.Context, b *bench) error {
	w, err := b.watch(ctx, "-frames", "1000")
	if err != nil {
		return err
	}
	if err := w.frames(ctx, 5); err != nil {
		return err
	}
	at, err := b.control(ctx, camera0, "Disconnect", 1)
	if err != nil {
		return err
	}
	s, err := w.result(ctx)
	if err != nil {
		return err
	}
	if took := s.end.Uptime - at; s.end.Why != "gone" || took > 2*time.Second {
		return fmt.Errorf("noticed after %v: end %+v", took, s.end)
	}
	b.say("noticed after %v", s.end.Uptime-at)
	if s, err = b.probe(ctx, "-frames", "5"); err != nil || s.end.Why != "enough" {
		return errors.Join(fmt.Errorf("opened anew: end %+v", s.end), err)
	}
	return s.ordered()
}

// twoCameras takes one of two cameras away.
func twoCameras(ctx context.Context, b *bench) error {
	gone, err := b.watch(ctx, "-frames", "1000", "-fps", "5")
	if err != nil {
		return err
	}
	stays, err := b.watch(ctx, "-frames", "40", "-fps", "5", "-device", "/dev/video1")
	if err != nil {
		return err
	}
	for _, w := range []watching{gone, stays} {
		if err := w.frames(ctx, 5); err != nil {
			return err
		}
	}
	if _, err := b.control(ctx, camera0, "Disconnect", 1); err != nil {
		return err
	}
	s, err := gone.result(ctx)
	if err != nil || s.end.Why != "gone" {
		return errors.Join(fmt.Errorf("the one that went: end %+v", s.end), err)
	}
	if s, err = stays.result(ctx); err != nil || s.end.Why != "enough" || s.lost() > 10 {
		return errors.Join(fmt.Errorf("the one that stays: %d frames missing, end %+v", s.lost(), s.end), err)
	}
	return s.ordered()
}
