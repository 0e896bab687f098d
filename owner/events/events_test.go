package events

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"signet/certs"
	"signet/owner/client"
	"signet/owner/ownertest"
	"signet/owner/verify"
)

type scene struct {
	cloud *ownertest.Cloud
	owner *certs.Owner
	cam   *ownertest.Camera
	gate  *verify.Gate
	cl    *client.Client
}

func newScene(t *testing.T) *scene {
	t.Helper()
	o, err := certs.NewOwner()
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{cloud: ownertest.NewCloud(t), owner: o}
	s.cam = ownertest.NewCamera(t, s.cloud.Fleet, o, "door")
	s.cloud.Keep(s.cam.Event.Raw)
	s.cl = client.New(s.cloud.URL, s.cloud.CA, o)
	t.Cleanup(s.cl.Close)
	if s.gate, err = verify.New(o.ID, o.Root, s.cl.Certificate); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) entries(t testing.TB, ds ...ownertest.Delivery) []Entry {
	t.Helper()
	var out []Entry
	for i, d := range ds {
		r, err := s.gate.Check(context.Background(), d.Record)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Entry{uint64(i + 1), time.Unix(1, 0), r})
	}
	return out
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// However records arrive, in whatever order and how often, the same events come out.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	s := newScene(t)
	first, a := s.cam.Happen(s.owner.ID, noon, 6*time.Second, "walks", 700, []byte("1"), []byte("a"), []byte("b"))
	second, b := s.cam.Happen(s.owner.ID, noon.Add(time.Minute), time.Second, "runs", 900, []byte("2"), []byte("c"))
	entries := s.entries(t, append(a, b...)...)
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(slices.Concat(entries, entries)).Draw(rt, "order")
		set := NewSet()
		added := 0
		for _, x := range order {
			if set.Add(x) {
				added++
			}
		}
		all := set.Events()
		if added != len(entries) || len(all) != 2 || all[0].ID != second || all[1].ID != first {
			rt.Fatalf("%d added, events %v", added, all)
		}
		e := all[1]
		start, quality := e.Start()
		if !start.Equal(noon) || quality != certs.WallSynchronised || e.Length(nil) != 6*time.Second+ownertest.Late || e.State() != Ended || e.Forked {
			rt.Fatalf("%v %v %v", start, quality, e.Length(nil))
		}
		parts := e.Parts()
		thumb, _ := e.Thumbnail()
		if len(parts) != 2 || *parts[0].Index != 0 || *parts[1].Index != 1 || e.MissingParts() != 0 || thumb.Type != certs.Ended {
			rt.Fatalf("parts %v, thumbnail of %v", parts, thumb.Type)
		}
	})
}

func TestWhatIsMissingIsTold(t *testing.T) {
	s := newScene(t)
	_, ds := s.cam.Happen(s.owner.ID, noon, 6*time.Second, "walks", 700, []byte("1"), []byte("a"), []byte("b"), []byte("c"))
	set := NewSet()
	for _, x := range s.entries(t, ds[0], ds[3]) { // started and the third part
		set.Add(x)
	}
	e := set.Events()[0]
	if e.State() != Running || e.MissingParts() != 2 || len(e.Parts()) != 1 || e.Length(nil) != 6*time.Second {
		t.Errorf("%v, missing %d, %v", e.State(), e.MissingParts(), e.Length(nil))
	}
}

// Motion is what an event's length tells, as on the owner's page; the clip has a pre-roll and a post-roll.
func TestLengthIsOfTheMotion(t *testing.T) {
	s := newScene(t)
	id := certs.NewEventID(noon)
	part := func(i uint64, from, to int64) ownertest.Sealed {
		return ownertest.Sealed{Kind: certs.ClipPart, MIME: "video/mp4", Plain: []byte{byte(i)}, Span: &certs.Span{From: from, To: to}, Index: i}
	}
	boot := [16]byte{1}
	set := NewSet()
	take := func(seq uint64, d ownertest.Delivery) {
		for _, x := range s.entries(t, d) {
			x.Seq = seq
			set.Add(x)
		}
	}
	is := func(state State, plain, told, clip time.Duration) {
		t.Helper()
		e := set.Events()[0]
		facts := &certs.Facts{Motion: &certs.Span{From: 0, To: 4000}}
		if e.State() != state || e.Length(nil) != plain || e.Length(facts) != told || e.ClipLength() != clip {
			t.Errorf("%v, %v, %v, clip %v", e.State(), e.Length(nil), e.Length(facts), e.ClipLength())
		}
	}
	take(1, s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Started, Event: &id, MonoMs: 1000, BootID: boot}))
	is(Running, 0, 0, 0)
	take(2, s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Part, Event: &id, MonoMs: 3500, BootID: boot}, part(0, -3000, 2500)))
	is(Running, 2500*time.Millisecond, 2500*time.Millisecond, 5500*time.Millisecond)
	take(3, s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Part, Event: &id, MonoMs: 9000, BootID: boot}, part(1, 2500, 8000)))
	take(4, s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Ended, Event: &id, MonoMs: 5100, BootID: boot}))
	is(Ended, 4100*time.Millisecond, 4*time.Second, 11*time.Second)
}

// A clock that nothing keeps, but that was set, is better than the time of arrival.
func TestStart(t *testing.T) {
	for _, x := range []struct {
		wall certs.Wall
		want time.Time
	}{
		{certs.Wall{UnixMs: uint64(noon.UnixMilli()), Quality: certs.WallUnknown}, noon},
		{certs.Wall{UnixMs: 5, Quality: certs.WallUnknown}, time.Unix(1, 0)},
		{certs.Wall{UnixMs: 5000, Quality: certs.WallRTC}, time.Unix(5, 0)},
	} {
		s := newScene(t)
		id := certs.NewEventID(noon)
		set := NewSet()
		for _, e := range s.entries(t, s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Started, Event: &id, Wall: x.wall})) {
			set.Add(e)
		}
		if got, quality := set.Events()[0].Start(); !got.Equal(x.want) || quality != x.wall.Quality {
			t.Errorf("%+v: %v, %v", x.wall, got, quality)
		}
	}
}

// A later boot of the same camera ends what was left open, whatever comes first; another camera's boot does not.
func TestALaterBootInterrupts(t *testing.T) {
	s := newScene(t)
	other := ownertest.NewCamera(t, s.cloud.Fleet, s.owner, "other")
	s.cloud.Keep(other.Event.Raw)
	_, left := s.cam.Happen(s.owner.ID, noon, 6*time.Second, "walks", 700, []byte("1"), []byte("a"))
	end := len(left) - 1
	other.Restart()
	_, others := other.Happen(s.owner.ID, noon, 6*time.Second, "walks", 700, []byte("2"))
	s.cam.Restart()
	online := s.cam.Online(s.owner.ID)
	set := NewSet()
	take := func(want State, ds ...ownertest.Delivery) {
		t.Helper()
		for _, x := range s.entries(t, ds...) {
			set.Add(x)
		}
		for _, e := range set.Events() {
			if e.Device == s.cam.ID && e.State() != want {
				t.Errorf("%v, not %v", e.State(), want)
			}
		}
	}
	take(Running, left[0])
	take(Running, others...)
	take(Interrupted, online)
	take(Interrupted, left[1:end]...)
	take(Ended, left[end])
}

func TestWhatIsGivenUpIsLost(t *testing.T) {
	s := newScene(t)
	other := ownertest.NewCamera(t, s.cloud.Fleet, s.owner, "other")
	s.cloud.Keep(other.Event.Raw)
	_, ds := s.cam.Happen(s.owner.ID, noon, 6*time.Second, "walks", 700, []byte("1"), []byte("a"), []byte("b"), []byte("c"))
	_, others := other.Happen(s.owner.ID, noon, 6*time.Second, "walks", 700, []byte("1"), []byte("a"), []byte("b"), []byte("c"))
	second := certs.Position{Boot: 1, N: 2}
	gap := s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Gap, Gap: &certs.GapRange{From: second, To: second, Reason: certs.GapMediaDropped}})
	set := NewSet()
	for _, x := range s.entries(t, append(append(ds, others...), gap)...) {
		set.Add(x)
	}
	for _, e := range set.Events() {
		for i, m := range e.Parts() {
			if want := e.Device == s.cam.ID && i == 1; e.Lost(m) != want {
				t.Errorf("part %d of %v: lost %v", i, e.Device == s.cam.ID, !want)
			}
		}
	}
}

func TestAForkIsFlagged(t *testing.T) {
	s := newScene(t)
	id := certs.NewEventID(noon)
	twice := *s.cam // a camera that goes back to an earlier position
	a := s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Started, Event: &id})
	b := twice.Deliver(s.owner.ID, certs.Record{Type: certs.Started, Event: &id, MonoMs: 1})
	set := NewSet()
	for _, x := range s.entries(t, a, b, a, b) {
		set.Add(x)
	}
	e := set.Events()[0]
	if !e.Forked || len(e.Entries) != 2 {
		t.Errorf("forked %v, %d records", e.Forked, len(e.Entries))
	}
}

func TestACameraCannotReachAnothersEvent(t *testing.T) {
	s := newScene(t)
	other := ownertest.NewCamera(t, s.cloud.Fleet, s.owner, "other")
	s.cloud.Keep(other.Event.Raw)
	id := certs.NewEventID(noon)
	a := s.cam.Deliver(s.owner.ID, certs.Record{Type: certs.Started, Event: &id})
	b := other.Deliver(s.owner.ID, certs.Record{Type: certs.Ended, Event: &id})
	set := NewSet()
	for _, x := range s.entries(t, a, b) {
		set.Add(x)
	}
	if n := len(set.Events()); n != 2 {
		t.Errorf("%d events of two cameras", n)
	}
}

func TestLoadCountsWhatItRefuses(t *testing.T) {
	s := newScene(t)
	stranger, err := certs.NewOwner()
	if err != nil {
		t.Fatal(err)
	}
	foreign := ownertest.NewCamera(t, s.cloud.Fleet, stranger, "foreign")
	_, mine := s.cam.Happen(s.owner.ID, noon, time.Second, "walks", 700, []byte("1"))
	_, theirs := foreign.Happen(stranger.ID, noon, time.Second, "walks", 700, []byte("1"))
	s.cloud.Put(mine...)
	s.cloud.Put(theirs...)
	s.cloud.Put(ownertest.Delivery{Record: []byte("junk")})
	set, err := Load(t.Context(), s.cl, s.gate, func(*Set) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Events()) != 1 || set.Refused()[verify.Foreign] != 2 || set.Refused()[verify.Unreadable] != 1 {
		t.Errorf("%d events, refused %v", len(set.Events()), set.Refused())
	}
	f, err := set.Events()[0].OpenFacts(t.Context(), s.cl, s.owner.Identity)
	if err != nil || f.Reason != "walks" {
		t.Errorf("%+v, %v", f, err)
	}
}

// pages gives 3 records a page.
type pages struct {
	Cloud
	asked int
}

func (p *pages) Before(ctx context.Context, seq uint64, _ int) ([]client.Item, error) {
	p.asked++
	return p.Cloud.Before(ctx, seq, 3)
}

func TestLoadReadsPagesUntilItIsEnough(t *testing.T) {
	s := newScene(t)
	for i := range 4 {
		_, ds := s.cam.Happen(s.owner.ID, noon.Add(time.Duration(i)*time.Minute), time.Second, "walks", 700, []byte("1"))
		s.cloud.Put(ds...)
	}
	p := &pages{Cloud: s.cl}
	set, err := Load(t.Context(), p, s.gate, func(*Set) bool { return false })
	if err != nil || p.asked != 3 || len(set.Events()) != 4 {
		t.Fatalf("%v: %d pages, %d events", err, p.asked, len(set.Events()))
	}
	p.asked = 0
	if _, err = Load(t.Context(), p, s.gate, func(s *Set) bool { return len(s.Events()) > 1 }); err != nil || p.asked != 1 {
		t.Fatalf("%v: %d pages", err, p.asked)
	}
}

// circles gives the same page again and again.
type circles struct{ items []client.Item }

func (c circles) Before(context.Context, uint64, int) ([]client.Item, error) { return c.items, nil }
func (c circles) Media(context.Context, uint64, certs.Media) ([]byte, error) {
	return nil, errors.New("none")
}

func TestLoadEnds(t *testing.T) {
	s := newScene(t)
	_, err := Load(t.Context(), circles{[]client.Item{{Seq: 7, Record: []byte("x")}}}, s.gate, func(*Set) bool { return false })
	if err == nil {
		t.Fatal("a cloud that goes in circles is believed")
	}
}
