package scene

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"signet/capture"
	"signet/capture/compress"
	"signet/capture/pace"
)

// The picture's size in pixels.
const (
	Width  = 640
	Height = 480
)

const (
	defaultFPS = 10
	quality    = 80 // of the JPEGs; a frame takes about 35 KB
	stills     = 8  // how many different frames without a person there are
)

// Options choose one of the many courses of a scene.
type Options struct {
	Seed uint64
	FPS  float64   // frames per second; 0: 10
	Pace pace.Mode // live, or as fast as possible in virtual time

	// FirstWalk is when the first person comes in, from the first frame on; 0: after 8 s. Until then the
	// room is empty, for as long as a test wants it to be.
	FirstWalk time.Duration
}

// Camera is a generated scene. It implements capture.Camera and never ends.
type Camera struct {
	seed    uint64
	info    capture.Info
	plan    plan
	pacer   *pace.Pacer
	seq     uint64
	room    canvas // without a person, without noise
	frame   canvas // what is encoded
	noise   noise
	encoder compress.Encoder
	stills  [stills][]byte // JPEGs of the room; nil until first shown
}

// New draws the room. It fails only on a senseless pace or time.
func New(o Options) (*Camera, error) {
	if o.FPS == 0 {
		o.FPS = defaultFPS
	}
	if o.FPS < 0.1 || o.FPS > 120 {
		return nil, fmt.Errorf("open generated scene: %v frames per second is no pace", o.FPS)
	}
	if o.FirstWalk < 0 {
		return nil, fmt.Errorf("open generated scene: the first person comes after %v", o.FirstWalk)
	}
	c := &Camera{
		seed: o.Seed,
		info: capture.Info{
			Name:      "generated room",
			Driver:    "scene",
			Format:    capture.MJPEG,
			Width:     Width,
			Height:    Height,
			FPS:       o.FPS,
			Generated: true,
		},
		plan:  newPlan(o),
		pacer: pace.New(o.Pace, o.FPS),
		room:  newCanvas(),
		frame: newCanvas(),
		noise: newNoise(o.Seed),
	}
	drawRoom(c.room)
	drawCaption(c.room, 8, Height-16, "GENERATED SCENE")
	return c, nil
}

// Info describes the scene.
func (c *Camera) Info() capture.Info { return c.info }

// Next waits until the next frame is due and draws it. See capture.Camera.
func (c *Camera) Next(ctx context.Context, f *capture.Frame) error {
	at, err := c.pacer.Wait(ctx, c.seq)
	if err != nil {
		return err
	}
	f.Seq, f.Mono = c.seq, at
	f.Format, f.Width, f.Height, f.Key = capture.MJPEG, Width, Height, true
	if walk, ok := c.plan.at(c.seq); ok {
		f.Data, err = c.walking(f.Data[:0], walk)
	} else {
		f.Data, err = c.still(f.Data[:0])
	}
	if err != nil {
		return fmt.Errorf("draw generated scene: %w", err)
	}
	c.seq++
	return nil
}

// Close has nothing to free.
func (c *Camera) Close() error { return nil }

func (c *Camera) still(dst []byte) ([]byte, error) {
	rng := rand.NewPCG(c.seed^0x5711, c.seq)
	s := &c.stills[rng.Uint64()%stills]
	if *s == nil {
		c.noise.copy(c.frame, c.room, c.seed^c.seq)
		var err error
		if *s, err = c.encode(nil); err != nil {
			return dst, err
		}
	}
	return append(dst, *s...), nil
}

func (c *Camera) walking(dst []byte, w Walk) ([]byte, error) {
	c.noise.copy(c.frame, c.room, c.seed^c.seq)
	w.draw(c.frame, c.seq)
	return c.encode(dst)
}

// encode appends the JPEG of the frame's canvas to dst.
func (c *Camera) encode(dst []byte) ([]byte, error) {
	f := capture.Frame{Format: capture.YU12, Width: Width, Height: Height, Data: c.frame.data}
	return c.encoder.Append(dst, &f, quality)
}
