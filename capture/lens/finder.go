package lens

import (
	"cmp"
	"strings"
	"time"

	"signet/capture"
	"signet/capture/lens/qr"
	"signet/capture/luma"
	"signet/capture/moment"
)

// Config says what is looked for. The zero value of each field stands for its default.
type Config struct {
	Prefix string        // of the texts that are reported; all others are none of ours. Default: all are
	Every  time.Duration // at most one attempt in this time; default 300 ms
	Now    func() time.Time
}

const (
	defaultEvery = 300 * time.Millisecond
	restFor      = 3       // times as long as an attempt took
	maxText      = 2 << 10 // bytes
)

// Finder looks for codes in the frames of one camera. It is for one goroutine at a time.
type Finder struct {
	cfg     Config
	next    time.Time
	way     int // of the next attempt
	stats   Stats
	decoder luma.Decoder
	decoded luma.Picture
	grey    grey // of the frame
	smooth  grey
	dark    contrast
	reader  qr.Reader
}

// ways are how far around a pixel it is compared with others, as parts of the picture's height. The ways take turns. Near light and
// pale screens ask for little; what is blurred by motion for much. Of 280 rendered frames, ten of each of 28 conditions from easy to
// hopeless, the first alone read 275, the second 253, one or the other 279.
var ways = [...]int{20, 8}

// Stats counts what a finder did.
type Stats struct {
	Attempts uint64
	Found    uint64        // texts, of whatever prefix
	Failed   uint64        // frames that are broken
	Slowest  time.Duration // attempt
}

// New returns a finder.
func New(cfg Config) *Finder {
	cfg.Every = cmp.Or(cfg.Every, defaultEvery)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Finder{cfg: cfg}
}

// Look takes a camera's next frame and returns the text of a code in it. Most frames it passes over: see Config.Every. It
// returns when the attempt is over; frames of format H.264 are passed over.
func (f *Finder) Look(frame *capture.Frame) (text string, ok bool) {
	start := f.cfg.Now()
	if frame.Format == capture.H264 || start.Before(f.next) {
		return "", false
	}
	text, ok = f.attempt(frame)
	took := f.cfg.Now().Sub(start)
	f.stats.Slowest = max(f.stats.Slowest, took)
	f.next = start.Add(max(f.cfg.Every, took+restFor*took))
	return text, ok
}

func (f *Finder) attempt(frame *capture.Frame) (string, bool) {
	f.stats.Attempts++
	if err := f.read(frame); err != nil {
		f.stats.Failed++
		return "", false
	}
	f.smooth.smooth(&f.grey)
	texts := f.reader.Read(f.dark.of(&f.smooth, ways[f.way]))
	f.way = (f.way + 1) % len(ways)
	for _, t := range texts {
		f.stats.Found++
		if len(t) <= maxText && strings.HasPrefix(t, f.cfg.Prefix) {
			return t, true
		}
	}
	return "", false
}

// Stats returns what was done until now.
func (f *Finder) Stats() Stats { return f.stats }

// The view that is shown to an owner.
const (
	viewWidth = 320
	viewBytes = 40 << 10
)

// View returns what a frame shows, as a small JPEG for the owner: 320 pixels across and at most 40 KB.
func (f *Finder) View(frame *capture.Frame) ([]byte, error) {
	return moment.Picture(frame, viewWidth, viewBytes)
}
