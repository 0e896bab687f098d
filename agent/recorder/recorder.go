package recorder

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"signet/agent/ownership"
	"signet/capture"
	"signet/certs"
	"signet/uplink/spool"
)

// Config is what a Recorder needs. All fields but Live are required.
type Config struct {
	Device   certs.DeviceID
	Terms    func() *ownership.Terms // in force; nil while unowned
	Spool    Spool
	BootID   [16]byte
	Firmware certs.Hash // of the agent's executable
	Log      *slog.Logger
	// Cameras is how many cameras the device has.
	Cameras int
	// Part takes a sealed clip part for upload; position is of the record that names it. It does not block.
	Part func(position certs.Position, hash certs.Hash, sealed []byte)
	// Live lets viewers see a frame of a camera, which is valid only during the call. It does not block; each camera
	// calls it from a goroutine of its own. May be nil.
	Live func(camera int, f *capture.Frame)
}

// Spool is what a Recorder needs of a *spool.Spool.
type Spool interface {
	Append(u spool.Urgency, seal func(spool.Position) (spool.Entry, error)) (spool.Position, error)
	Sync() error
	Last() spool.Position
	Former(spool.Position)
	Previous() (spool.Position, bool)
	Gaps(n int) []spool.Gap
	Told(gaps ...spool.Gap)
}

// Recorder makes records of what all cameras of a device see, each in a Lane of its own, in one epoch after the other:
//
//	r.Announce(state) // when the camera has an owner
//	r.Run(ctx)        // until state.Ending is not nil, or the program ends
//	r.End(ctx, state) // where state.Ending is not nil: the camera is nobody's then
//
// These three are for one goroutine; MediaDropped, Claim, Counters and Recording may be called at any time, concurrently. The
// pipelines run, at most, while Run does: they are ended before ctx is, so that what they had begun is ended too. What a Lane
// is told while nobody owns the camera is nobody's, and what was seen in one epoch never becomes a record of another.
type Recorder struct {
	cfg   Config
	queue *queue
	lanes []*Lane

	said []certs.RecordType // by Announce

	// Of Run's goroutine.
	state   *ownership.State // of the last Announce
	signed  certs.Hash       // x5t of the event certificate that a claimed record, written or in the backlog, has shown
	last    certs.Position   // of the last record written
	backlog []statement      // what the flash did not take yet, in order
	policy  uint64           // version that a record of this epoch has carried, or will
	told    uint64           // how much of what was let go or failed a record speaks of

	announced                               atomic.Bool // Announce has been
	records, failed, frames, letGo, waiting atomic.Uint64
}

// New returns a Recorder that does nothing until Run.
func New(cfg Config) *Recorder {
	r := &Recorder{cfg: cfg, queue: newQueue()}
	for i := range cfg.Cameras {
		r.lanes = append(r.lanes, &Lane{r: r, number: i})
	}
	return r
}

// Lane returns that of a camera, by its number.
func (r *Recorder) Lane(camera int) *Lane { return r.lanes[camera] }

// Counters say what became of the work.
type Counters struct {
	Frames  uint64 // seen, of all cameras
	Records uint64 // signed and spooled
	Waiting uint64 // records that wait for room on the flash
	Failed  uint64 // records that could not be made
	LetGo   uint64 // records and clip parts for which flash, processor or memory did not suffice
}

// Counters may be called at any time.
func (r *Recorder) Counters() Counters {
	return Counters{r.frames.Load(), r.records.Load(), r.waiting.Load(), r.failed.Load(), r.letGo.Load()}
}

// Recording says whether an event is running before any camera. It may be called at any time.
func (r *Recorder) Recording() bool {
	return slices.ContainsFunc(r.lanes, func(l *Lane) bool { return l.recording.Load() })
}

// Pauses of Run.
const (
	tryAgain  = time.Second      // between attempts to write to a flash that takes nothing, and looks at what is due
	tellEvery = 10 * time.Second // how often it is looked for what was lost
)

// Run does the queued work until ctx ends, and then what is still queued. It returns ctx.Err().
func (r *Recorder) Run(ctx context.Context) error {
	again, tell := time.NewTicker(tryAgain), time.NewTicker(tellEvery)
	defer again.Stop()
	defer tell.Stop()
	for {
		select {
		case <-r.queue.ready:
			r.work()
		case <-again.C:
			r.follow(r.cfg.Terms())
			r.store()
			r.tellPresence(false)
			r.tellPolicy(r.cfg.Terms())
		case <-tell.C:
			r.tell()
		case <-ctx.Done():
			r.tellPresence(true)
			r.work()
			r.tell()
			if n := len(r.backlog); n > 0 {
				r.cfg.Log.Error("records are lost: the flash takes nothing", "records", n)
			}
			return ctx.Err()
		}
	}
}

func (r *Recorder) tellPresence(end bool) {
	for _, l := range r.lanes {
		l.tellPresence(end)
	}
}

// work seals what is queued and stores it.
func (r *Recorder) work() {
	for {
		j, ok := r.queue.pop()
		if !ok {
			return
		}
		t := r.cfg.Terms()
		if t == nil || t.Epoch != j.epoch {
			continue // while nobody owns the camera nothing is recorded, and what was seen for one owner is for no other
		}
		r.follow(t)
		s, err := j.seal(t)
		if err != nil {
			r.fail(err)
			continue
		}
		r.await(s)
		r.store()
	}
}

// pushNow queues a job of the present epoch, if there is one.
func (r *Recorder) pushNow(j job) {
	if t := r.cfg.Terms(); t != nil {
		j.epoch = t.Epoch
		r.push(j)
	}
}

// push queues a job. It never waits.
func (r *Recorder) push(j job) {
	if n := r.queue.push(j); n > 0 {
		r.letGo.Add(uint64(n))
		r.cfg.Log.Warn("flash or processor cannot keep up: let go", "jobs", n)
	}
}
