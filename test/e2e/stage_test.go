package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/lens/lenstest"
	"signet/capture/pace"
	"signet/capture/scene"
)

// stage is what is before a camera: a room, through which somebody walks when a test says so, and in which somebody holds
// a screen before the lens. The camera is a folder with one picture, which the agent plays again and again and which
// changes ten times a second.
type stage struct {
	t      *testing.T
	folder string
	room   [][]byte
	walk   [][]byte

	mu   sync.Mutex
	film [][]byte // is shown next, then the room
	loop bool     // it is shown until it is taken away
	at   int
}

const framesPerSecond = 10

// newStage shows the room until the test ends.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := drawStage(t)
	s.folder = filepath.Join(t.TempDir(), "lens")
	if err := os.Mkdir(s.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.expose(); err != nil {
		t.Fatal(err)
	}
	end, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.run(end) }()
	t.Cleanup(func() {
		close(end)
		if err := <-ended; err != nil {
			t.Errorf("stage: %v", err)
		}
	})
	return s
}

// drawStage returns a stage before which there is no camera yet.
func drawStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	s.draw()
	return s
}

// draw makes the frames of the generated scene: some of the empty room, and its first walk, hurried.
func (s *stage) draw() {
	s.t.Helper()
	cam, err := scene.New(scene.Options{Pace: pace.Virtual})
	if err != nil {
		s.t.Fatal(err)
	}
	defer cam.Close()
	walk := scene.Walks(scene.Options{}, 200)[0]
	for i := range walk.To {
		var f capture.Frame
		if err := cam.Next(s.t.Context(), &f); err != nil {
			s.t.Fatal(err)
		}
		if i < 10 {
			s.room = append(s.room, f.Data)
		} else if i >= walk.From && i%2 == 0 { // at twice the pace
			s.walk = append(s.walk, f.Data)
		}
	}
}

func (s *stage) run(end <-chan struct{}) error {
	tick := time.NewTicker(time.Second / framesPerSecond)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return nil
		case <-tick.C:
			if err := s.expose(); err != nil {
				return err
			}
		}
	}
}

// expose puts the next picture in place of the last, whole at any time.
func (s *stage) expose() error {
	fresh := filepath.Join(s.folder, "next")
	if err := os.WriteFile(fresh, s.next(), 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, filepath.Join(s.folder, "now.jpg"))
}

func (s *stage) next() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.at
	s.at++
	if s.loop && len(s.film) > 0 {
		return s.film[i%len(s.film)]
	}
	if i < len(s.film) {
		return s.film[i]
	}
	return s.room[i%len(s.room)]
}

func (s *stage) play(film [][]byte, loop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.film, s.loop, s.at = film, loop, 0
}

// somebodyWalks through the room, once.
func (s *stage) somebodyWalks() { s.play(s.walk, false) }

// over says whether what was played once is over.
func (s *stage) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.loop && s.at >= len(s.film)
}

// somebodyCovers the lens with a hand, until nobody does.
func (s *stage) somebodyCovers() {
	s.t.Helper()
	hand := image.NewYCbCr(image.Rect(0, 0, scene.Width, scene.Height), image.YCbCrSubsampleRatio420)
	for i := range hand.Y {
		hand.Y[i] = byte(24 + i%5)
	}
	for i := range hand.Cb {
		hand.Cb[i], hand.Cr[i] = 120, 146
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, hand, nil); err != nil {
		s.t.Fatal(err)
	}
	s.play([][]byte{b.Bytes()}, true)
}

// nobody is there, and no screen.
func (s *stage) nobody() { s.play(nil, false) }

// hold holds a screen before the lens until nobody does: from the side, not still, a third of the time blurred by motion,
// with the lens's own blur, the sensor's noise and a webcam's compression.
func (s *stage) hold(screen image.Image) {
	s.t.Helper()
	film := lenstest.Film{Shot: lenstest.Shot{Fill: 0.75, Yaw: 14, Pitch: -8, Roll: 6, Blur: 0.8, Noise: 4, Glare: 25, Quality: 70, Seed: 7}, Shown: 8}
	frames, err := film.Frames(screen)
	if err != nil {
		s.t.Fatal(err)
	}
	var all [][]byte
	for _, f := range frames {
		all = append(all, f.Data)
	}
	s.play(all, true)
}
