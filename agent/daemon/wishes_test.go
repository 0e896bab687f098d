package daemon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/certs"
	"signet/internal/wait"
)

func TestWishes(t *testing.T) {
	least, none := uint64(200), uint64(0)
	configured := motion.Config{Sensitivity: 4, MinSize: 0.01, MaxSize: 0.5, Zones: []motion.Zone{{Name: "A"}}}
	zone := certs.Zone{Name: "Path", Watch: true, Points: []certs.Point{{X: 0, Y: 10000}, {X: 5000, Y: 1}, {X: 10000, Y: 10000}}}
	for name, c := range map[string]struct {
		wish certs.CameraSettings
		want motion.Config
	}{
		"nothing":     {certs.CameraSettings{Name: "Gate"}, configured},
		"sensitivity": {certs.CameraSettings{Sensitivity: 10}, motion.Config{Sensitivity: 10, MinSize: 0.01, MaxSize: 0.5, Zones: configured.Zones}},
		"zones": {certs.CameraSettings{Zones: []certs.Zone{zone, {Name: "B"}}}, motion.Config{Sensitivity: 4, MinSize: 0.01, MaxSize: 0.5, Zones: []motion.Zone{
			{Name: "Path", Points: []motion.Point{{X: 0, Y: 1}, {X: 0.5, Y: 0.0001}, {X: 1, Y: 1}}}, {Name: "B", Ignore: true, Points: []motion.Point{}},
		}}},
		"sizes":                  {certs.CameraSettings{MinSize: &least, MaxSize: 300}, motion.Config{Sensitivity: 4, MinSize: 0.02, MaxSize: 0.03, Zones: configured.Zones}},
		"no least size":          {certs.CameraSettings{MinSize: &none}, motion.Config{Sensitivity: 4, MaxSize: 0.5, Zones: configured.Zones}},
		"a least size above":     {certs.CameraSettings{MinSize: new(uint64(6000))}, motion.Config{Sensitivity: 4, MinSize: 0.6, Zones: configured.Zones}},
		"a greatest size below":  {certs.CameraSettings{MaxSize: 50}, motion.Config{Sensitivity: 4, MaxSize: 0.005, Zones: configured.Zones}},
		"the whole picture":      {certs.CameraSettings{MaxSize: 10000}, motion.Config{Sensitivity: 4, MinSize: 0.01, MaxSize: 1, Zones: configured.Zones}},
		"nothing but everything": {certs.CameraSettings{MinSize: new(uint64(10000))}, motion.Config{Sensitivity: 4, MinSize: 1, Zones: configured.Zones}},
	} {
		if got := detector(configured, &c.wish); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// path is a camera before which somebody of little contrast walks from left to right through the lower half of the picture, 4 s
// of each 9 s. It is a raw one, which takes little to draw and to read.
type path struct {
	contrast byte // grey levels
	opened   atomic.Int64
	walks    atomic.Int64
}

const (
	pathWide, pathHigh = 160, 120
	pathFPS            = 10
	pathRound          = 9 * pathFPS // frames; the walk is at its end
	pathWalk           = 4 * pathFPS
)

func (p *path) Wait(ctx context.Context, d time.Duration) (bool, error) {
	return false, wait.For(ctx, d)
}

func (p *path) Open(context.Context) (capture.Camera, error) {
	p.opened.Add(1)
	return &pathCamera{path: p}, nil
}

type pathCamera struct {
	*path
	n uint64
}

func (*pathCamera) Close() error { return nil }
func (*pathCamera) Info() capture.Info {
	return capture.Info{Name: "path", Driver: "test", Format: capture.GREY, Width: pathWide, Height: pathHigh, FPS: pathFPS}
}

// Next draws a wall with the noise of a sensor, and him who walks.
func (c *pathCamera) Next(ctx context.Context, f *capture.Frame) error {
	rng := rand.New(rand.NewPCG(1, c.n))
	f.Seq, f.Mono = c.n, capture.Mono(time.Duration(c.n)*time.Second/pathFPS)
	f.Format, f.Width, f.Height, f.Key = capture.GREY, pathWide, pathHigh, true
	f.Data = f.Data[:0]
	for range pathWide * pathHigh / 16 {
		for bits, i := rng.Uint64(), 0; i < 16; i++ {
			f.Data = append(f.Data, 100+byte(bits>>(4*i)&3))
		}
	}
	if at := int(c.n%pathRound) - (pathRound - pathWalk); at >= 0 {
		left := (pathWide - 24) * at / pathWalk
		for y := 65; y < 115; y++ {
			for x := left; x < left+24; x++ {
				f.Data[y*pathWide+x] += c.contrast
			}
		}
	}
	if c.n++; c.n%pathRound == 0 {
		c.walks.Add(1)
	}
	return wait.For(ctx, time.Millisecond/2)
}

// watches begins a daemon whose owner watches a path.
func watches(t *testing.T, contrast byte, change func(*Config)) (*life, *path) {
	t.Helper()
	p := &path{contrast: contrast}
	l := begin(t, 1, func(c *Config) {
		c.Cameras[0].Source = p
		c.Claim.Lens = false
		change(c)
	})
	l.claimHere()
	return l, p
}

// wishes sends the owner's next policy, and waits until the camera is set, and until what ran before has ended.
func (l *life) wishes(p *path, c certs.CameraSettings) {
	l.t.Helper()
	before := strings.Count(l.log.String(), `msg="camera is set"`)
	s := certs.Settings{}
	if !c.Empty() {
		s.Cameras = map[uint8]certs.CameraSettings{0: c}
	}
	l.takePolicy(l.set(l.rig.Owner, s))
	eventually(l.t, "the camera is set", func() bool { return strings.Count(l.log.String(), `msg="camera is set"`) == before+1 })
	l.walks(p, 1)
}

// walks waits for n walks, whole ones, and returns how many events began meanwhile.
func (l *life) walks(p *path, n int64) int {
	l.t.Helper()
	before, began := p.walks.Load(), l.began()
	eventually(l.t, fmt.Sprint(n, " walks"), func() bool { return p.walks.Load() >= before+n+1 })
	return l.began() - began
}

// began counts the events.
func (l *life) began() (n int) {
	for _, r := range l.records() {
		if r.Type == certs.Started {
			n++
		}
	}
	return n
}

func area(name string, watch bool, top, bottom uint64) certs.Zone {
	return certs.Zone{Name: name, Watch: watch, Points: []certs.Point{{X: 0, Y: top}, {X: 10000, Y: top}, {X: 10000, Y: bottom}, {X: 0, Y: bottom}}}
}

// Where somebody walks through what the owner wants ignored, or where nobody shall be watched, nothing is recorded; so it is of
// the sizes. What the owner leaves out again is as configured. All of it is done while the camera runs.
func TestZonesFromAfar(t *testing.T) {
	l, p := watches(t, 60, func(c *Config) { c.Cameras[0].Zones = zones([]certs.Zone{area("Path", false, 4500, 10000)}) })
	if n := l.walks(p, 2); n > 0 {
		t.Errorf("%d events where the configuration ignores them", n)
	}
	sky, path := area("Sky", false, 0, 3000), area("Path", true, 4500, 10000)
	for _, c := range []struct {
		name string
		wish certs.CameraSettings
		seen bool
	}{
		{"the sky alone is ignored", certs.CameraSettings{Zones: []certs.Zone{sky}}, true},
		{"the sky is watched", certs.CameraSettings{Zones: []certs.Zone{area("Sky", true, 0, 4500)}}, false},
		{"the path is watched", certs.CameraSettings{Zones: []certs.Zone{path}}, true},
		{"the path is watched and ignored", certs.CameraSettings{Zones: []certs.Zone{path, area("All", false, 0, 10000)}}, false},
		{"he is large enough", certs.CameraSettings{Zones: []certs.Zone{sky}, MinSize: new(uint64(100))}, true},
		{"he is too small", certs.CameraSettings{Zones: []certs.Zone{sky}, MinSize: new(uint64(3000))}, false},
		{"he is small enough", certs.CameraSettings{Zones: []certs.Zone{sky}, MaxSize: 3000}, true},
		{"he is too large", certs.CameraSettings{Zones: []certs.Zone{sky}, MaxSize: 100}, false},
		{"as configured", certs.CameraSettings{}, false},
	} {
		l.wishes(p, c.wish)
		if n := l.walks(p, 1); (n > 0) != c.seen {
			t.Errorf("%s: %d events of a walk", c.name, n)
		}
	}
	if n := p.opened.Load(); n != 1 {
		t.Errorf("the camera was opened %d times", n)
	}
	if err := l.Set(moment.DefaultSettings(), [][]motion.Zone{nil}); err != nil || l.walks(p, 1) == 0 {
		t.Errorf("nobody is seen when the configuration no longer ignores them: %v", err)
	}
	for _, secret := range []string{"Path", "Sky"} {
		if strings.Contains(l.log.String(), secret) {
			t.Errorf("the log tells of %s, which is for the owner alone", secret)
		}
	}
	if want := `msg="camera is set" records=true clips=true sensitivity=5 watched=0 ignored=1 min_size=0 max_size=100`; !strings.Contains(strings.Join(strings.Fields(l.log.String()), " "), want) {
		t.Errorf("the log does not say %q:\n%s", want, l.log)
	}
}

// Somebody who hardly differs from the wall is seen by a sensitive camera alone.
func TestSensitivityFromAfar(t *testing.T) {
	l, p := watches(t, 6, func(c *Config) { c.Moment.Motion.Sensitivity = motion.MinSensitivity })
	for _, c := range []struct {
		wish certs.CameraSettings
		seen bool
	}{
		{certs.CameraSettings{Sensitivity: motion.MaxSensitivity}, true},
		{certs.CameraSettings{}, false},
		{certs.CameraSettings{Sensitivity: motion.MaxSensitivity}, true},
	} {
		l.wishes(p, c.wish)
		if n := l.walks(p, 1); (n > 0) != c.seen {
			t.Errorf("sensitivity %d: %d events of a walk", c.wish.Sensitivity, n)
		}
	}
}

func TestAreasTooSmallToSeeInAreTold(t *testing.T) {
	square := func(side float64) motion.Zone {
		return motion.Zone{Points: []motion.Point{{}, {X: side}, {X: side, Y: side}, {Y: side}}}
	}
	ignored := square(0.01)
	ignored.Ignore = true
	for _, tt := range []struct {
		zones []motion.Zone
		blind bool
	}{
		{nil, false},
		{[]motion.Zone{ignored}, false},
		{[]motion.Zone{square(0.03)}, true},
		{[]motion.Zone{square(0.03), square(0.03)}, false},
		{[]motion.Zone{square(0.2), ignored}, false},
	} {
		if got := blind(tt.zones); got != tt.blind {
			t.Errorf("%v: %v", tt.zones, got)
		}
	}
}
