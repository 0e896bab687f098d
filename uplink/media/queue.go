package media

import (
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"signet/certs"
	"signet/internal/http1"
	"signet/uplink/backoff"
	"signet/uplink/dial"
)

// Config of a queue. URL and Dial are required; the zero value of the others stands for the default that they name.
type Config struct {
	URL  string // of the cloud, "https://host:port"
	Dial *dial.Ring
	Dir  string // for parts on flash, made if need be; "" for none

	MaxRAM     int64 // bytes in memory; default 16 MiB, at least certs.MaxPart
	SpillAbove int64 // bytes in memory above which the oldest go to flash; default half of MaxRAM
	MaxDisk    int64 // bytes on flash; default 256 MiB

	// Dropped is told of a part that will never be uploaded, by the position of the record that names it. It is called
	// from Run and may take its time. Until Told is called it is told again at each start. May be nil.
	Dropped func(certs.Position)

	// Pending says whether the record at a position still waits for its receipt, so that its part would be forbidden. It is
	// called with the queue locked: it neither waits nor calls the queue. May be nil: none does.
	Pending func(certs.Position) bool

	Log *slog.Logger // default: none
}

const (
	eventGap = 15 * time.Second // parts that come later than this after the one before are of another event
	askAfter = time.Minute      // a part without a receipt for so long is asked for, if its record waits for none
	offGrace = 5 * time.Second  // so long without a connection is not falling behind
	maxFresh = 256              // ranges of receipts that are remembered for parts that are still to come

	// A part that is forbidden so often and for so long is given up: its record is in quarantine, perhaps.
	maxForbidden = 20
	forbiddenFor = 24 * time.Hour
)

// ErrPart says that a part is not what it is said to be, or is too large. Such a part is never queued.
var ErrPart = errors.New("not a part")

// part is a sealed piece of a clip that waits.
type part struct {
	pos   certs.Position
	hash  certs.Hash
	size  int64
	data  []byte    // nil: on flash
	group uint64    // the event, roughly; 0: left by an earlier run
	added time.Time // monotonic
	bound bool      // the record has its receipt
	busy  bool      // being sent, written or read
	never bool      // the record was refused while busy
	tries int
	wait  backoff.Backoff
	after time.Time // not before this

	forbids   int       // how often the cloud answered 403 since it had the record
	forbidden time.Time // the first time
}

// Queue holds parts until the cloud has them. See the package comment.
type Queue struct {
	cfg    Config
	base   *url.URL
	caller *dial.Caller
	client *http1.Client
	disk   disk

	journal journal
	within  time.Duration // progressWithin

	wake  chan struct{} // one token each
	spill chan struct{}
	jot   chan struct{}

	mu      sync.Mutex
	parts   []*part
	ram     int64
	flash   int64
	failing bool // flash takes no parts, which was logged
	group   uint64
	last    time.Time     // of the last Add
	fresh   []certs.Range // recent receipts
	off     time.Time     // since when there is no connection; zero: there is one
	ended   bool          // Run has
	pause   pause
	gone    []certs.Position // to be told to cfg.Dropped
	rate    float64
	stats   Stats
}

// Stats is the queue's state, and what happened to it since New.
type Stats struct {
	Parts     int     // waiting
	RAM       int64   // bytes of them in memory
	Flash     int64   // bytes of them on flash
	Rate      float64 // bytes a second that the uplink took lately; 0 when not known
	LastError string  // of the last upload; "" when it succeeded
	Hint      string  // what helps against LastError, or ""

	Uploaded uint64 // parts that the cloud has
	Bytes    uint64 // of them
	Spilled  uint64 // bytes written to flash
	Dropped  uint64 // parts given up
	Refused  uint64 // parts of records that the cloud refused
	Damaged  uint64 // of those dropped, parts that flash did not give back
}

// New checks cfg and lists what an earlier run has left. It starts nothing: call Run.
func New(cfg Config) (*Queue, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("new media queue: cloud's address %q is not https://host:port", cfg.URL)
	}
	if cfg.Dial == nil {
		return nil, errors.New("new media queue: no way to dial")
	}
	if cfg.MaxRAM == 0 {
		cfg.MaxRAM = 16 << 20
	}
	cfg.MaxRAM = max(cfg.MaxRAM, certs.MaxPart)
	if cfg.SpillAbove <= 0 {
		cfg.SpillAbove = cfg.MaxRAM / 2
	}
	if cfg.MaxDisk <= 0 {
		cfg.MaxDisk = 256 << 20
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{
		cfg:    cfg,
		base:   u,
		caller: cfg.Dial.Caller(u.Hostname()),
		disk:   disk{dir: cfg.Dir},
		within: progressWithin,
		wake:   make(chan struct{}, 1),
		spill:  make(chan struct{}, 1),
		jot:    make(chan struct{}, 1),
		off:    time.Now(),
	}
	q.client = newClient(q.caller)
	if q.parts, err = q.disk.list(); err != nil {
		return nil, fmt.Errorf("new media queue: %w", err)
	}
	if cfg.Dir != "" {
		q.journal.path = filepath.Clean(cfg.Dir) + ".journal"
	}
	if err := q.journal.read(); err != nil { // no reason not to upload
		cfg.Log.Error("media: which parts waited is not known", "err", err)
	}
	for _, p := range q.parts {
		q.flash += p.size
		q.journal.begin(p.pos)
	}
	q.miss(q.journal.lost(q.parts))
	poke(q.jot)
	return q, nil
}

// Add queues a sealed part, which the record at pos names by its hash. The bytes must not change any more. Add does not
// wait for network or flash and may be called concurrently. After Run has ended it writes to flash at once, so that the last
// part of an event that ends with the program is kept. The error wraps ErrPart.
func (q *Queue) Add(pos certs.Position, hash certs.Hash, sealed []byte) error {
	if len(sealed) == 0 || len(sealed) > certs.MaxPart {
		return fmt.Errorf("queue part of %d bytes: %w", len(sealed), ErrPart)
	}
	if certs.HashOf(sealed) != hash {
		return fmt.Errorf("queue part: it has another hash than %v: %w", hash, ErrPart)
	}
	if q.take(pos, hash, sealed) {
		q.spillAll()
		q.writeJournal(true)
	}
	return nil
}

// miss notes parts that a kill or a power cut has lost, or of which no gap was written before the last end.
func (q *Queue) miss(lost []certs.Position) {
	if len(lost) == 0 {
		return
	}
	q.cfg.Log.Warn("media: parts were lost when the agent ended", "parts", len(lost))
	q.stats.Dropped += uint64(len(lost))
	q.gone = lost[:min(maxLost, len(lost))]
}

// Told says that a record, which is in the spool, speaks of the part that was dropped at pos. It may be called
// concurrently.
func (q *Queue) Told(pos certs.Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over(pos)
}

// over notes that nothing more is to be done about the part at pos. mu must be held.
func (q *Queue) over(pos certs.Position) {
	q.journal.end(pos)
	poke(q.jot)
}

// take queues a part and reports whether Run has ended.
func (q *Queue) take(pos certs.Position, hash certs.Hash, sealed []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if q.group == 0 || now.Sub(q.last) > eventGap {
		q.group++
	}
	q.last = now
	p := &part{pos: pos, hash: hash, size: int64(len(sealed)), data: sealed, group: q.group, added: now}
	p.bound = slices.ContainsFunc(q.fresh, func(r certs.Range) bool { return in(r, pos) })
	q.parts = append(q.parts, p)
	q.ram += p.size
	q.journal.begin(pos)
	poke(q.jot)
	for q.ram > q.cfg.MaxRAM && q.giveUp(func(p *part) bool { return p.data != nil }) {
	}
	poke(q.wake)
	if q.behind() || !q.off.IsZero() {
		poke(q.spill)
	}
	return q.ended
}

// Bound says that the cloud has the records of ranges, so that their parts may be sent. It may be called concurrently.
func (q *Queue) Bound(ranges ...certs.Range) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fresh = append(q.fresh, ranges...)
	if n := len(q.fresh) - maxFresh; n > 0 {
		q.fresh = slices.Delete(q.fresh, 0, n)
	}
	for _, p := range q.parts {
		for _, r := range ranges {
			if in(r, p.pos) && !p.bound {
				p.bound, p.after, p.wait, p.forbids = true, time.Time{}, backoff.Backoff{}, 0
			}
		}
	}
	poke(q.wake)
}

// Refused says that the cloud refused the record at pos: its part will never be wanted. It may be called concurrently.
func (q *Queue) Refused(pos certs.Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range slices.Clone(q.parts) {
		if p.pos == pos {
			q.refuse(p)
		}
	}
}

// Drop gives up the parts of records up to pos, which nobody is left to be told of, and returns how many they were. It may be
// called concurrently.
func (q *Queue) Drop(pos certs.Position) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = slices.DeleteFunc(q.gone, func(p certs.Position) bool {
		if pos.Less(p) {
			return false
		}
		q.over(p)
		return true
	})
	for _, p := range slices.Clone(q.parts) {
		if pos.Less(p.pos) {
			continue
		}
		if p.busy {
			p.never = true
		} else {
			q.remove(p)
			q.over(p.pos)
		}
		q.stats.Dropped++
		dropped++
	}
	return dropped
}

// Holds says whether there are parts of records up to pos. It may be called concurrently.
func (q *Queue) Holds(pos certs.Position) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.parts, func(p *part) bool { return !pos.Less(p.pos) })
}

// refuse removes p, now or when it is no longer busy. mu must be held.
func (q *Queue) refuse(p *part) {
	if p.busy {
		p.never = true
		return
	}
	q.remove(p)
	q.over(p.pos)
	q.stats.Refused++
}

// Online says whether the cloud can be reached; until it is called the cloud cannot. It may be called concurrently.
func (q *Queue) Online(up bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case up:
		q.off = time.Time{}
		q.pause.networkIsBack()
		poke(q.wake)
	case q.off.IsZero():
		q.off = time.Now()
	}
	poke(q.spill)
}

// Stats may be called concurrently.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.stats
	s.Parts, s.RAM, s.Flash, s.Rate = len(q.parts), q.ram, q.flash, q.rate
	return s
}

// behind reports whether the uplink falls behind, so that parts belong on flash. mu must be held.
func (q *Queue) behind() bool {
	return q.ended || q.ram > q.cfg.SpillAbove || !q.off.IsZero() && time.Since(q.off) >= offGrace
}

// remove takes p out, its file too. mu must be held.
func (q *Queue) remove(p *part) {
	i := slices.Index(q.parts, p)
	if i < 0 {
		return
	}
	q.parts = slices.Delete(q.parts, i, i+1)
	if p.data != nil {
		q.ram -= p.size
		return
	}
	q.flash -= p.size
	q.disk.remove(p)
}

// drop gives p up. mu must be held.
func (q *Queue) drop(p *part, why string) {
	q.remove(p)
	q.gone = append(q.gone, p.pos)
	q.stats.Dropped++
	if bits.OnesCount64(q.stats.Dropped) == 1 {
		q.cfg.Log.Warn("media: part given up", "record", p.pos, "why", why, "times", q.stats.Dropped)
	}
	poke(q.wake)
}

// giveUp drops the oldest part of those that which names, if there is one that is not busy. mu must be held.
func (q *Queue) giveUp(which func(*part) bool) bool {
	var oldest *part
	for _, p := range q.parts {
		if !p.busy && which(p) && (oldest == nil || p.pos.Less(oldest.pos)) {
			oldest = p
		}
	}
	if oldest == nil {
		return false
	}
	q.drop(oldest, "no room")
	return true
}

func in(r certs.Range, p certs.Position) bool {
	return r.Boot == p.Boot && r.From <= p.N && p.N <= r.To
}

// poke leaves a token.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
