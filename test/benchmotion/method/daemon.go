package method

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/feed"
	"signet/test/benchmotion/score"
)

// Daemon is the motion daemon (motion-project.github.io) with the configuration that Debian ships, but for the
// camera, which is one on the network, and for pictures, movies and control, which are off. It may read pictures twice
// as fast as they come: at just their pace, its default, it would lag behind for ever by what it missed at its start.
//
// It gets the clip at its own pace, for its model counts seconds, and looks at about three frames a second. For each
// frame that it takes for motion, those in between included, it runs a command (on_motion_detected), which here says so
// at once. What is said belongs to the frame before the newest one that was sent, for its reader (FFmpeg's, for JPEGs
// one after another) takes a picture when the next one begins. With pictures that change now and then, it is said
// within the third of a second after the change (measured, at 10 and 25 frames/s): that is its own delay and is left in.
//
// It is sent the clip's first frame until it works, and then the clip. For two seconds from then on it reports nothing.
type Daemon struct {
	Path string // of motion
	// Busy is told, unless it is nil, the clips of which more than a tenth of the frames were sent half a frame late: the
	// machine had too much to do, and the daemon missed what it should have seen.
	Busy func(clip string)
}

// Live implements Live.
func (Daemon) Live() {}

// Name implements Method.
func (d Daemon) Name() string { return "motion daemon" }

const (
	behind = 1                      // frames that are sent before it is told about one
	look   = 350 * time.Millisecond // from look to look, at most: what is between two frames of motion nearer than that is one

	firstWithin = 30 * time.Second // it works within that
	lastWithin  = time.Second      // it has said all about a clip within that

	works = "Resizing pre_capture buffer to 4 items" // what it logs when it begins to look, with Debian's pre_capture of 3
	moves = "this frame moves"                       // what the command says
)

// Config writes a configuration for a camera at url into dir and returns its path. With tell it prints moves for each
// frame of motion.
func (d Daemon) Config(dir, url string, w, h int, fps float64, tell bool) (string, error) {
	hook := ""
	if tell {
		hook = fmt.Sprintf("on_motion_detected echo %s >&2\n", moves)
	}
	text := fmt.Sprintf(`# As Debian has it, but for what is said above "as Debian".
daemon off
netcam_url %s
netcam_params capture_rate=%d
width %d
height %d
framerate %d
picture_output off
movie_output off
webcontrol_port 0
stream_port 0
target_dir %s
log_level 6
%s# as Debian
text_left CAMERA1
text_right %%Y-%%m-%%d\n%%T-%%q
emulate_motion off
threshold 1500
despeckle_filter EedDl
minimum_motion_frames 1
event_gap 60
pre_capture 3
post_capture 0
`, url, 2*int(math.Ceil(fps)), w, h, int(math.Ceil(fps)), dir, hook)
	path := filepath.Join(dir, "motion.conf")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// See implements Method.
func (d Daemon) See(ctx context.Context, c *clip.Clip) (*score.Seen, error) {
	dir, err := os.MkdirTemp("", "signet-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p := &player{frames: c.Frames, period: time.Duration(float64(time.Second) / c.Truth.FPS)}
	srv, err := feed.Serve(feed.Handler(p.next))
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	conf, err := d.Config(dir, "http://"+srv.Addr+"/", c.W, c.H, c.Truth.FPS, true)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, firstWithin+time.Duration(len(c.Frames))*p.period+lastWithin)
	defer cancel()
	cmd := Program(ctx, d.Path, "-n", "-c", conf)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, fmt.Errorf("run motion: %w", err)
	}
	told := listen(r, p, cancel)
	if err := Ended(cmd); err != nil {
		return nil, fmt.Errorf("run motion: %w", err)
	}
	if newest, _ := p.newest(); newest < len(c.Frames)-1 {
		return nil, fmt.Errorf("motion daemon on %s: only %d of %d frames were shown to it", c.Name, newest+1, len(c.Frames))
	}
	if d.Busy != nil && p.late*10 > len(c.Frames) {
		d.Busy(c.Name)
	}
	return &score.Seen{Moving: fill(told, len(c.Frames), int(look/p.period))}, nil
}

// player shows the first frame until it is started, then the clip at its pace, then its last frame.
type player struct {
	frames [][]byte
	period time.Duration

	mu      sync.Mutex
	begun   time.Time // zero until it is started
	current int       // the newest frame that was sent
	late    int       // frames that were not sent when they were due
}

// start begins the clip. Only the first call counts.
func (p *player) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
}

// newest returns the newest frame that was sent, and whether the clip has been over for long enough.
func (p *player) newest() (frame int, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	length := time.Duration(len(p.frames)) * p.period
	return p.current, !p.begun.IsZero() && time.Since(p.begun) > length+lastWithin
}

// next implements feed.Next.
func (p *player) next(ctx context.Context, _ int) ([]byte, error) {
	p.mu.Lock()
	begun := p.begun
	p.mu.Unlock()
	wait, n := p.period, time.Duration(0)
	if !begun.IsZero() {
		past := time.Since(begun)
		n = past/p.period + 1
		wait = n*p.period - past
	}
	i := min(int(n), len(p.frames)-1)
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !begun.IsZero() && int(n) < len(p.frames) {
		if time.Since(begun) > n*p.period+p.period/2 {
			p.late++
		}
		p.late += max(i-p.current-1, 0) // left out
	}
	p.current = max(p.current, i)
	return p.frames[i], nil
}

// listen reads what the daemon prints until the clip is over, then asks it to end by stop and reads the rest. It returns the
// frames of motion.
func listen(from io.Reader, p *player, stop func()) (told []int) {
	over := make(chan struct{})
	defer close(over)
	go func() {
		for tick := time.NewTicker(lastWithin / 4); ; {
			select {
			case <-tick.C:
				if _, done := p.newest(); done {
					stop()
				}
			case <-over:
				tick.Stop()
				return
			}
		}
	}()
	for s := bufio.NewScanner(from); s.Scan(); {
		switch line := s.Text(); {
		case strings.Contains(line, works):
			p.start()
		case line == moves:
			newest, _ := p.newest()
			told = append(told, max(newest-behind, 0))
		}
	}
	return told
}

// fill says for each frame whether it moves: the ones told, and up to gap frames between two of them.
func fill(told []int, frames, gap int) []bool {
	moving := make([]bool, frames)
	last := frames
	for _, n := range told {
		moving[n] = true
		if n-last <= gap+1 {
			for i := last; i < n; i++ {
				moving[i] = true
			}
		}
		last = n
	}
	return moving
}
