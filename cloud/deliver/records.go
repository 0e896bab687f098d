package deliver

import (
	"context"
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
	// maxPast bounds the messages that one request goes past because they are not for the session: what a camera recorded
	// before it was shared. A page ends there.
	maxPast = 10_000
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
	v, err := d.sight(r.Context(), s)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	prefixes := v.reach()
	pg := page{d: d, v: v, limit: int(limit)}
	if q.Has("after") {
		var last uint64
		if last, err = d.shelf.last(r.Context()); err == nil {
			err = d.shelf.between(r.Context(), prefixes, after+1, last+1, pg.take)
		}
	} else {
		err = d.shelf.before(r.Context(), prefixes, before, int(limit), pg.take)
		slices.Reverse(pg.items)
	}
	if err = errors.Join(err, pg.err); err == nil {
		err = pg.note(r.Context())
	}
	if err != nil {
		d.broken(w, r, err)
		return
	}
	d.cfg.Metrics.GetOrCreateCounter("signet_deliver_records_total").Add(len(pg.items))
	var body []byte
	for _, it := range pg.items {
		body = append(body, it.wire...)
	}
	replyBytes(w, "application/cbor-seq", body)
}

// page collects what leaves, and no more of it: messages come with their pictures.
type page struct {
	d     *Deliver
	v     *sight
	limit int
	past  int // how many do not leave
	items []entry
	err   error
}

type entry struct {
	seq   uint64
	owner certs.OwnerID
	wire  []byte
}

// take adds a message, if it may leave, and says whether there is room for more.
func (p *page) take(m *jetstream.RawStreamMsg) bool {
	it, ok := p.d.admit(p.v, m)
	if !ok {
		p.past++
		return p.past < maxPast
	}
	e := entry{seq: it.Seq, owner: it.Record.Owner}
	if e.wire, p.err = it.encode(); p.err != nil {
		return false
	}
	p.items = append(p.items, e)
	return len(p.items) < p.limit
}

// note writes an access row for each owner of whom something leaves.
func (p *page) note(ctx context.Context) error {
	seqs := map[certs.OwnerID][]uint64{}
	for _, e := range p.items {
		seqs[e.owner] = append(seqs[e.owner], e.seq)
	}
	for owner, given := range seqs {
		if err := p.d.note(ctx, p.v.session, owner, Access{What: "records", Seqs: runs(given)}); err != nil {
			return err
		}
	}
	return nil
}

// media answers with a piece of ciphertext that a record names which this session may have.
func (d *Deliver) media(w http.ResponseWriter, r *http.Request, s *session) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 63)
	hash, err2 := certs.ParseHash(r.PathValue("hash"))
	if err := errors.Join(err, err2); err != nil {
		fail(w, http.StatusBadRequest, "a record's seq and a SHA-256 in hexadecimal are wanted", "")
		return
	}
	owner, b, err := d.ciphertext(r, s, seq, hash)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(w, http.StatusNotFound, "no such media for this session, or not uploaded yet", "")
		return
	case errors.Is(err, media.ErrHash):
		d.log.Error("media is damaged", "seq", seq, "hash", hash, "err", err)
		fail(w, http.StatusInternalServerError, "the cloud's disk has damaged this media", "")
		return
	case err != nil:
		d.broken(w, r, err)
		return
	}
	if err := d.note(r.Context(), s, owner, Access{What: "media", Seqs: [][2]uint64{{seq, seq}}, Media: hash.String()}); err != nil {
		d.broken(w, r, err)
		return
	}
	if d.cfg.InterceptMedia != nil {
		b = d.cfg.InterceptMedia(s.key, seq, hash, b)
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

// ciphertext finds a piece of media, and whose it is, by the record that names it: there is no other way to it.
func (d *Deliver) ciphertext(r *http.Request, s *session, seq uint64, hash certs.Hash) (owner certs.OwnerID, _ []byte, _ error) {
	it, err := d.item(r.Context(), s, seq)
	if err != nil {
		return owner, nil, err
	}
	if it == nil {
		return owner, nil, fmt.Errorf("record %d: %w", seq, fs.ErrNotExist)
	}
	if !slices.ContainsFunc(it.Record.Media, func(md certs.Media) bool { return md.Hash == hash }) {
		return owner, nil, fmt.Errorf("media of record %d: %w", seq, fs.ErrNotExist)
	}
	if b, ok := it.Inline[hash]; ok {
		return it.Record.Owner, b, nil
	}
	b, err := d.cfg.Media.Read(it.Record.Device, hash)
	return it.Record.Owner, b, err
}

// item returns the record at a place, nil if there is none that this session may have.
func (d *Deliver) item(ctx context.Context, s *session, seq uint64) (*Item, error) {
	v, err := d.sight(ctx, s)
	if err != nil {
		return nil, err
	}
	m, err := d.shelf.at(ctx, v.reach(), seq)
	if err != nil || m == nil {
		return nil, err
	}
	it, _ := d.admit(v, m)
	return it, nil
}

// number reads a whole number; an empty text is otherwise.
func number(text string, otherwise uint64) (uint64, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.ParseUint(text, 10, 63)
}
