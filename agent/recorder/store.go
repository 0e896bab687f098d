package recorder

import (
	"errors"
	"fmt"
	"slices"

	"signet/certs"
	"signet/uplink/spool"
)

// maxBacklog bounds the records that wait for the flash. One takes about 20 KB, most of it its thumbnail.
const maxBacklog = 256

// maxTries bounds how often a record is tried that fails for another reason than a full flash: about five minutes of an
// I/O error. Then the ones behind it have their turn.
const maxTries = 300

// errRecord says that a record is itself what is wrong, so that trying again is of no use.
var errRecord = errors.New("record cannot be made")

// await puts a statement at the end of the backlog. Where there is no place the oldest clip part's is let go, and only
// where there is none the oldest statement.
func (r *Recorder) await(s statement) {
	r.backlog = append(r.backlog, s)
	if len(r.backlog) > maxBacklog {
		i := slices.IndexFunc(r.backlog, func(s statement) bool { return s.kind == certs.Part })
		if i < 0 { // but not what others build on
			i = slices.IndexFunc(r.backlog, func(s statement) bool { return s.kind != certs.Claimed })
		}
		r.backlog = slices.Delete(r.backlog, i, i+1)
		r.letGo.Add(1)
	}
}

// store writes the backlog, in order, until it is empty or the flash takes no more. What it does not take is tried
// again: a full file system may have room in a minute, and a flash that fails may work after its reset. Meanwhile clip
// parts, which would fill the memory, are let go; their records are kept, and each is followed by a gap that says so.
func (r *Recorder) store() {
	defer func() { r.waiting.Store(uint64(len(r.backlog))) }()
	for len(r.backlog) > 0 {
		s := &r.backlog[0]
		pos, err := r.write(*s)
		switch {
		case err != nil && r.worthwhile(s, err):
			r.stuck(err)
			return
		case err != nil:
			r.fail(err)
		case s.kind == certs.Part && s.sealed[0].data == nil:
			*s = gap(s.terms, pos, pos, certs.GapMediaDropped)
			continue
		case s.kind == certs.Part:
			r.cfg.Part(pos, s.sealed[0].media.Hash, s.sealed[0].data)
		}
		if err == nil && s.stored != nil {
			s.stored()
		}
		r.backlog = slices.Delete(r.backlog, 0, 1)
	}
}

// worthwhile says whether a statement that could not be written is tried again.
func (r *Recorder) worthwhile(s *statement, err error) bool {
	if errors.Is(err, spool.ErrFull) {
		return true
	}
	s.tries++
	return s.tries < maxTries && !errors.Is(err, errRecord) && !errors.Is(err, spool.ErrTooLarge) && !errors.Is(err, spool.ErrClosed)
}

// fail counts a record that will never be.
func (r *Recorder) fail(err error) {
	r.failed.Add(1)
	r.cfg.Log.Error("cannot record", "err", err)
}

// stuck lets go of the clip parts that wait.
func (r *Recorder) stuck(why error) {
	if r.waiting.Load() == 0 {
		r.cfg.Log.Error("records wait in memory, clips are let go: the flash takes nothing", "err", why)
	}
	for _, s := range r.backlog {
		if s.kind == certs.Part && s.sealed[0].data != nil {
			s.sealed[0].data = nil
			r.letGo.Add(1)
			r.told++ // by the gap that follows its record
		}
	}
}

// tell writes down, signed, what was lost: a gap for each range of records that the spool had to drop, and how much never
// came as far as the spool or could not be made, which has no position that a gap could name.
func (r *Recorder) tell() {
	t := r.cfg.Terms()
	r.follow(t)
	r.store()
	if t == nil || len(r.backlog) > 0 {
		return
	}
	if err := r.tellGaps(t); err != nil {
		r.cfg.Log.Error("cannot tell of a gap", "err", err)
	}
	n := r.letGo.Load() + r.failed.Load()
	if n == r.told {
		return
	}
	s, err := r.tamper(t, present(), nil, nil, fmt.Sprintf("%d records or clip parts were not kept: storage, processor or memory failed or did not suffice", n-r.told))
	if err == nil {
		_, err = r.write(s)
	}
	if err != nil {
		r.cfg.Log.Error("cannot tell what was let go", "err", err)
		return
	}
	r.told = n
}
