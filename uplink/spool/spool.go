package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Errors that callers branch on.
var (
	// ErrFull says that the storage takes no more: the file system is full or read-only. What is stored
	// is untouched and can be read and acknowledged.
	ErrFull = errors.New("storage takes no more")
	// ErrGone says that there is no pending record at a position.
	ErrGone = errors.New("no such record in the spool")
	// ErrDamaged says that a record can no longer be read. It has become a gap.
	ErrDamaged = errors.New("record is damaged")
	// ErrTooLarge says that an entry is larger than the spool takes.
	ErrTooLarge = errors.New("entry is too large")
	// ErrInUse says that another process has the spool open.
	ErrInUse = errors.New("spool is in use by another process")
	// ErrClosed says that the spool was closed.
	ErrClosed = errors.New("spool is closed")
)

// Options of Open. The zero value of each field stands for the default that it names.
type Options struct {
	MaxBytes   int64         // of all segments together; default 64 MiB, at least 1 MiB
	MaxEntries int           // pending records, 32 bytes of memory each; default 65536
	SyncEvery  time.Duration // how long a record that is not urgent may wait for its sync; default 1 s
	BootFloor  uint64        // the boot counter becomes greater than this, for a card that was replaced
	Log        *slog.Logger  // default: none

	segBytes int64 // of one segment; default MaxBytes/32, at most 4 MiB
	bigState int64 // bytes of the state file from which it is considered for rewriting; default 64 KiB
}

func (o Options) withDefaults() (Options, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 20
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = 65536
	}
	if o.SyncEvery == 0 {
		o.SyncEvery = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.segBytes == 0 {
		if o.MaxBytes < 1<<20 {
			return o, fmt.Errorf("spool of %d bytes is too small, want at least %d", o.MaxBytes, 1<<20)
		}
		o.segBytes = min(o.MaxBytes/32, 4<<20)
	}
	if o.bigState == 0 {
		o.bigState = 64 << 10
	}
	if o.MaxEntries < 16 {
		return o, fmt.Errorf("spool for %d records is too small, want at least 16", o.MaxEntries)
	}
	return o, nil
}

// Recovery is what Open found.
type Recovery struct {
	Records      int   // pending
	TornBytes    int64 // cut from the end of the newest segment: never synced, so never published
	DamagedBytes int64 // skipped elsewhere; lost positions are in Gaps
	BadNotes     int   // in the state file
	StateLost    bool  // no state file beside segments: the boot counter was taken from the records
}

// Stats is the spool's state and what happened to it since Open.
type Stats struct {
	Pending  int   // records
	Bytes    int64 // of all segments
	Written  int64 // bytes of records handed to the file system
	Syncs    int64 // of segments
	Dropped  int64 // records
	Refused  int64 // records set aside
	Damaged  int64 // records
	Segments int
}

// Spool is an open spool. See the package comment.
type Spool struct {
	dir  folder
	opt  Options
	lock io.Closer

	// turn is held by whoever writes, syncs or removes, for as long as the flash takes.
	turn     sync.Mutex
	state    stateFile
	refused  file
	refSize  int64
	next     uint64   // n of the next record
	nextSeg  uint32   // number of the next segment
	unsynced []staged // in the head
	unsyncN  int64    // bytes of unsynced
	newName  bool     // the folder is to be synced with the head

	// mu guards what readers see, and is never held across a write or a sync.
	mu       sync.RWMutex
	closed   bool // changed under turn and mu
	boot     uint64
	previous Position
	found    Recovery
	segs     map[uint32]*segment
	head     *segment // appended to; nil until the first record
	index    index
	known    state
	synced   uint64   // n up to which records of this boot are durable
	former   Position // what is at or before it was sealed for a former owner
	stats    Stats

	dirty chan struct{} // one token: something is to be synced or removed
	ready chan struct{} // one token: there are new records to read
}

// Boot returns the boot counter. It was made durable by Open.
func (s *Spool) Boot() uint64 { return s.boot }

// Previous returns the highest position that is known from before this boot, for the online record.
func (s *Spool) Previous() (Position, bool) { return s.previous, s.previous.N > 0 }

// Recovered returns what Open found.
func (s *Spool) Recovered() Recovery { return s.found }

// Ready gets a token when records have become readable. It is for one reader: after a token, read
// Pending until it is empty.
func (s *Spool) Ready() <-chan struct{} { return s.ready }

// Stats returns counts for people and metrics.
func (s *Spool) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := s.stats
	st.Pending = s.index.live()
	st.Segments = len(s.segs)
	st.Bytes = s.bytes()
	return st
}

// bytes is the size of all segments. mu must be held.
func (s *Spool) bytes() int64 {
	var n int64
	for _, g := range s.segs {
		n += g.size
	}
	return n
}

// Run syncs what was appended within Options.SyncEvery, writes receipts down and removes segments of which
// nothing is pending. It returns ctx.Err() when ctx ends, after a last sync.
func (s *Spool) Run(ctx context.Context) error {
	failing := false
	timer := time.NewTimer(0)
	<-timer.C
	for {
		select {
		case <-ctx.Done():
			if err := s.Sync(); err != nil && !errors.Is(err, ErrClosed) {
				s.opt.Log.Error("spool: last sync failed", "err", err)
			}
			return ctx.Err()
		case <-s.dirty:
			timer.Reset(s.opt.SyncEvery)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			select {
			case <-s.dirty: // this sync is for all that came meanwhile
			default:
			}
		}
		err := s.Sync()
		if errors.Is(err, ErrClosed) {
			return err
		}
		if err != nil {
			s.poke(s.dirty)
		}
		if (err != nil) != failing {
			failing = err != nil
			if failing {
				s.opt.Log.Error("spool: records are held in memory, trying again", "err", err)
			} else {
				s.opt.Log.Info("spool: storage works again")
			}
		}
	}
}

// poke leaves a token.
func (s *Spool) poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close syncs and closes the files. Run should have returned.
func (s *Spool) Close() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return nil
	}
	err := s.tidy()
	if err == nil {
		err = s.state.sync()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, g := range s.segs {
		err = errors.Join(err, g.f.Close())
	}
	if s.refused != nil {
		err = errors.Join(err, s.refused.Close())
	}
	return errors.Join(err, s.state.f.Close(), s.lock.Close())
}
