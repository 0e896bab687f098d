package method

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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
// It gets the clip at its own pace, for its model counts seconds, and looks at about three frames a second. In its
// setup mode it prints how many pixels changed whenever that becomes another number. More than its threshold is
// motion, by its own rule, until it prints otherwise. What it prints belongs to the frame before the newest one that
// was sent: its reader (FFmpeg's, for JPEGs one after another) takes a picture when the next one begins. With pictures
// that change now and then, what it prints belongs to the change itself or to one of the frames of the next third of
// a second (measured, at 10 and 25 frames/s).
//
// In setup mode it looks at each of these frames with its full method; otherwise with a coarser one first, which
// could only find less. It is sent the clip's first frame until it prints for the first time. From then on it
// reports nothing for two seconds and some frames; these are counted here as it counts them.
type Daemon struct {
	Path string // of motion
}

// Name implements Method.
func (d Daemon) Name() string { return "motion daemon" }

const (
	threshold  = 1500 // changed pixels, as in Debian's configuration
	preCapture = 3    // frames, likewise
	behind     = 1    // frames that are sent before it is told about one

	firstWithin = 30 * time.Second // it prints for the first time within that
	lastWithin  = time.Second      // it has printed all about a clip within that
)

// Config writes a configuration for a camera at url into dir and returns its path. With setup it prints what it finds.
func (d Daemon) Config(dir, url string, w, h int, fps float64, setup bool) (string, error) {
	mode := "off"
	if setup {
		mode = "on"
	}
	text := fmt.Sprintf(`# As Debian has it, but for what is said above "as Debian".
daemon off
setup_mode %s
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
log_level 7
# as Debian
text_left CAMERA1
text_right %%Y-%%m-%%d\n%%T-%%q
emulate_motion off
threshold %d
despeckle_filter EedDl
minimum_motion_frames 1
event_gap 60
pre_capture %d
post_capture 0
`, mode, url, 2*int(math.Ceil(fps)), w, h, int(math.Ceil(fps)), dir, threshold, preCapture)
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
	startup := 2*int(math.Ceil(c.Truth.FPS)) + preCapture + 1
	return &score.Seen{Moving: spread(told, len(c.Frames), startup)}, nil
}

// player shows the first frame until it is started, then the clip at its pace, then its last frame.
type player struct {
	frames [][]byte
	period time.Duration

	mu      sync.Mutex
	begun   time.Time // zero until it is started
	current int       // the newest frame that was sent
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
	wait, i := p.period, 0
	if !p.begun.IsZero() {
		past := time.Since(p.begun)
		n := past/p.period + 1
		wait, i = n*p.period-past, min(int(n), len(p.frames)-1)
	}
	p.mu.Unlock()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	p.current = max(p.current, i)
	p.mu.Unlock()
	return p.frames[i], nil
}

// changed is what was told: so many pixels from that frame on.
type changed struct{ frame, pixels int }

// said is what setup mode prints.
var said = regexp.MustCompile(`changes after '[^']*': +(\d+)`)

// listen reads what the daemon prints until the clip is over, then asks it to end by stop and reads the rest.
func listen(from io.Reader, p *player, stop func()) (told []changed) {
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
		m := said.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		p.start()
		if n, err := strconv.Atoi(m[1]); err == nil {
			newest, _ := p.newest()
			told = append(told, changed{max(newest-behind, 0), n})
		}
	}
	return told
}

// spread says for each frame whether it moves. During the first startup frames nothing is reported.
func spread(told []changed, frames, startup int) []bool {
	moving := make([]bool, frames)
	for i := range moving {
		for len(told) > 1 && told[1].frame <= i {
			told = told[1:]
		}
		moving[i] = i >= startup && len(told) > 0 && told[0].frame <= i && told[0].pixels > threshold
	}
	return moving
}
