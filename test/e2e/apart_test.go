package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/agent/status"
	"signet/certs"
	"signet/cloud/cloudtest"
)

// tap is everything that the cloud streams to an owner.
type tap struct {
	mu      sync.Mutex
	records []*certs.SignedRecord
	broken  error
}

// tap opens a stream of a person's own, from the first record on.
func (s *site) tap(t *testing.T, p *person) *tap {
	t.Helper()
	tp := &tap{}
	events := p.session().Stream("after=0")
	go func() {
		for ev := range events {
			tp.take(ev)
		}
	}()
	return tp
}

func (tp *tap) take(ev cloudtest.Event) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	if ev.Name != "record" {
		return
	}
	r, err := streamed(ev.Data)
	if err != nil {
		tp.broken = err
		return
	}
	tp.records = append(tp.records, r)
}

func streamed(data string) (*certs.SignedRecord, error) {
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, err
	}
	var it cloudtest.Item
	if err := cbor.Unmarshal(b, &it); err != nil {
		return nil, err
	}
	return certs.ParseRecord(it.Record)
}

// only checks that all that was streamed is this person's, of one epoch.
func (tp *tap) only(t *testing.T, p *person, epoch uint64) {
	t.Helper()
	owner := p.session().Owner.ID
	for end := time.Now().Add(patient); ; time.Sleep(50 * time.Millisecond) {
		tp.mu.Lock()
		records, broken := tp.records, tp.broken
		tp.mu.Unlock()
		if broken != nil {
			t.Fatal(broken)
		}
		for _, r := range records {
			if r.Owner != owner || r.Epoch != epoch {
				t.Errorf("%s was streamed a record of owner %s, epoch %d", p.name, r.Owner.Short(), r.Epoch)
			}
		}
		if want := len(p.session().Records("after=0&limit=500")); len(records) >= want {
			t.Logf("%s was streamed %d records, all of epoch %d", p.name, len(records), epoch)
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s was streamed %d records only", p.name, len(records))
		}
	}
}

// apart checks that of two owners neither is given a record or a picture of the other's.
func (s *site) apart(t *testing.T, a, b *person) {
	t.Helper()
	of := map[*person][]cloudtest.Item{}
	sessions := map[*person]*cloudtest.Page{a: a.session(), b: b.session()}
	for p, session := range sessions {
		of[p] = session.Records("after=0&limit=500")
		if len(of[p]) == 0 {
			t.Errorf("%s has no records", p.name)
		}
		for _, it := range of[p] {
			if r := it.Parsed(t); r.Owner != session.Owner.ID {
				t.Errorf("%s is given a record of owner %s", p.name, r.Owner.Short())
			}
		}
	}
	for p, session := range sessions {
		for other, items := range of {
			pictures := 0
			for _, it := range items {
				for _, m := range it.Parsed(t).Media {
					code, _ := session.Do(http.MethodGet, fmt.Sprintf("/api/v1/records/%d/media/%s", it.Seq, m.Hash), nil)
					switch {
					case p != other && code != http.StatusNotFound:
						t.Errorf("%s asks for a picture of %s and is answered %d", p.name, other.name, code)
					case p == other && code == http.StatusOK:
						pictures++
					}
				}
			}
			if p == other && pictures == 0 {
				t.Errorf("%s is given none of their own pictures", p.name)
			}
		}
	}
}

// knowsOf says how many cameras' comings and goings the cloud tells a person.
func (p *person) knowsOf() int {
	p.t.Helper()
	_, b := p.session().Do(http.MethodGet, "/api/v1/status", nil)
	var list []struct{ Device string }
	if err := json.Unmarshal(b, &list); err != nil {
		p.t.Fatalf("status: %v: %s", err, b)
	}
	return len(list)
}

// nothingOf checks that a person is given no record and no picture of an owner's.
func (s *site) nothingOf(t *testing.T, p, owner *person) {
	t.Helper()
	session := p.session()
	if n := len(session.Records("after=0&limit=500")); n > 0 {
		t.Errorf("%s is given %d records", p.name, n)
	}
	for _, it := range owner.session().Records("after=0&limit=500") {
		for _, m := range it.Parsed(t).Media {
			code, _ := session.Do(http.MethodGet, fmt.Sprintf("/api/v1/records/%d/media/%s", it.Seq, m.Hash), nil)
			if code != http.StatusNotFound {
				t.Errorf("%s asks for a picture and is answered %d", p.name, code)
			}
		}
	}
}

// awaitUnowned waits until nobody owns the camera, as its own agent says.
func (s *site) awaitUnowned() {
	s.t.Helper()
	s.await(s.t, patient, "nobody owns the camera", func() bool {
		r, err := status.Read(s.t.Context(), s.Path("camera"))
		return err == nil && r.Owner == ""
	})
}

// awaitRecord waits until the camera has made n records of a kind since its start.
func (s *site) awaitRecord(kind string, n int) {
	s.t.Helper()
	s.await(s.t, patient, fmt.Sprintf("the camera has recorded: %s, %d times", kind, n), func() bool {
		return s.count("msg=recorded type="+kind+" ") >= n
	})
}
