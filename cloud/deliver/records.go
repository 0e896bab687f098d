package deliver

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/media"
)

const (
	defaultPage = 100
	maxPage     = 500
)

// wireItem is [seq, record, received].
type wireItem struct {
	_        struct{} `cbor:",toarray"`
	Seq      uint64
	Record   []byte
	Received uint64 // unix milliseconds, by the cloud's clock
}

func (it *Item) encode() ([]byte, error) {
	return cbor.Marshal(wireItem{Seq: it.Seq, Record: it.bytes, Received: uint64(it.Received.UnixMilli())})
}

// records answers with a page, ascending.
func (d *Deliver) records(w http.ResponseWriter, r *http.Request, s *session) {
	q := r.URL.Query()
	limit, err1 := number(q.Get("limit"), defaultPage)
	after, err2 := number(q.Get("after"), 0)
	before, err3 := number(q.Get("before"), math.MaxInt64)
	if err := errors.Join(err1, err2, err3); err != nil || limit == 0 || q.Has("after") && q.Has("before") {
		fail(w, http.StatusBadRequest, "after or before, and limit, are whole numbers", "")
		return
	}
	limit = min(limit, maxPage)
	// Only what leaves is kept: messages come with their pictures.
	type entry struct {
		seq  uint64
		wire []byte
	}
	var items []entry
	var unwritable error
	take := func(m *jetstream.RawStreamMsg) bool {
		it, ok := d.admit(s, m)
		if !ok {
			return true
		}
		e := entry{seq: it.Seq}
		if e.wire, unwritable = it.encode(); unwritable != nil {
			return false
		}
		items = append(items, e)
		return uint64(len(items)) < limit
	}
	var err error
	if q.Has("after") {
		err = d.shelf.between(r.Context(), d.filter(s), after+1, math.MaxInt64, take)
	} else {
		err = d.shelf.before(r.Context(), d.filter(s), before, int(limit), take)
		slices.Reverse(items)
	}
	if err = errors.Join(err, unwritable); err != nil {
		d.broken(w, r, err)
		return
	}
	var body []byte
	var given []uint64
	for _, it := range items {
		body, given = append(body, it.wire...), append(given, it.seq)
	}
	if len(items) > 0 {
		if err := d.note(r.Context(), s, Access{What: "records", Seqs: runs(given)}); err != nil {
			d.broken(w, r, err)
			return
		}
	}
	d.cfg.Metrics.GetOrCreateCounter("signet_deliver_records_total").Add(len(items))
	w.Header().Set("Content-Type", "application/cbor-seq")
	w.Write(body)
}

// media answers with a piece of ciphertext that a record of this owner names.
func (d *Deliver) media(w http.ResponseWriter, r *http.Request, s *session) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 63)
	hash, err2 := certs.ParseHash(r.PathValue("hash"))
	if err := errors.Join(err, err2); err != nil {
		fail(w, http.StatusBadRequest, "a record's seq and a SHA-256 in hexadecimal are wanted", "")
		return
	}
	b, err := d.ciphertext(r, s, seq, hash)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(w, http.StatusNotFound, "no such media of this owner, or not uploaded yet", "")
		return
	case errors.Is(err, media.ErrHash):
		d.log.Error("media is damaged", "seq", seq, "hash", hash, "err", err)
		fail(w, http.StatusInternalServerError, "the cloud's disk has damaged this media", "")
		return
	case err != nil:
		d.broken(w, r, err)
		return
	}
	if err := d.note(r.Context(), s, Access{What: "media", Seqs: [][2]uint64{{seq, seq}}, Media: hash.String()}); err != nil {
		d.broken(w, r, err)
		return
	}
	if d.cfg.InterceptMedia != nil {
		b = d.cfg.InterceptMedia(s.owner, seq, hash, b)
	}
	d.count("signet_deliver_media_total")
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	ctl := http.NewResponseController(w)
	_ = ctl.SetWriteDeadline(time.Now().Add(5 * time.Minute)) // not every transport has one
	defer func() { _ = ctl.SetWriteDeadline(time.Time{}) }()
	w.Write(b)
}

// ciphertext finds a piece of media by the record that names it: there is no other way to it.
func (d *Deliver) ciphertext(r *http.Request, s *session, seq uint64, hash certs.Hash) ([]byte, error) {
	m, err := d.shelf.next(r.Context(), d.filter(s), seq)
	if err != nil {
		return nil, err
	}
	if m == nil || m.Sequence != seq {
		return nil, fmt.Errorf("record %d: %w", seq, fs.ErrNotExist)
	}
	it, ok := d.admit(s, m)
	if !ok {
		return nil, fmt.Errorf("record %d: %w", seq, fs.ErrNotExist)
	}
	if !slices.ContainsFunc(it.Record.Media, func(md certs.Media) bool { return md.Hash == hash }) {
		return nil, fmt.Errorf("media of record %d: %w", seq, fs.ErrNotExist)
	}
	if b, ok := it.Inline[hash]; ok {
		return b, nil
	}
	return d.cfg.Media.Read(it.Record.Device, hash)
}

// number reads a whole number; an empty text is otherwise.
func number(text string, otherwise uint64) (uint64, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.ParseUint(text, 10, 63)
}
