package certs_test

import (
	"crypto/ecdsa"
	"reflect"
	"testing"
	"time"

	"filippo.io/age"

	"signet/certs"
	"signet/certs/certstest"
)

func TestPolicyRoundTrip(t *testing.T) {
	w, v := certstest.New(t), certstest.NewViewer(t)
	p := certs.Policy{
		Device: w.Camera.ID, Owner: w.Owner.ID, Epoch: 1, OfferHash: w.Camera.Grant.OfferHash, Version: 2,
		Recipients: []string{w.Owner.Recipient, certstest.NewOwner(t).Recipient},
		Viewers:    []certs.Viewer{{SPKI: v.SPKI, Scope: certs.ScopeLive, NotAfter: certstest.Time, Since: 2}, certstest.NewViewer(t).Viewing(certs.ScopeClips)},
		Settings:   []byte("sealed"), Renewals: 3,
	}
	got := ok(certs.ParsePolicy(ok(certs.SignPolicy(&p, w.Owner.Key))(t), w.Owner.Key.Public().(*ecdsa.PublicKey)))(t)
	if !reflect.DeepEqual(*got, p) {
		t.Errorf("got %+v\nwant %+v", *got, p)
	}
}

func TestAllows(t *testing.T) {
	o, v, w, stranger := certstest.NewOwner(t), certstest.NewViewer(t), certstest.NewViewer(t), certstest.NewViewer(t)
	end := certstest.Time
	p := certs.Policy{Owner: o.ID, Viewers: []certs.Viewer{
		{SPKI: v.SPKI, Scope: certs.ScopeLive, NotAfter: end},
		{SPKI: w.SPKI, Scope: certs.ScopeLive | certs.ScopeClips, NotAfter: end},
	}}
	both := certs.ScopeLive | certs.ScopeClips
	for _, c := range []struct {
		name  string
		key   certs.KeyID
		scope certs.Scope
		at    time.Time
		want  bool
	}{
		{"owner", o.ID, both, end.AddDate(100, 0, 0), true},
		{"viewer, what was granted", v.ID, certs.ScopeLive, end, true},
		{"viewer, before", v.ID, certs.ScopeLive, end.AddDate(-50, 0, 0), true},
		{"viewer, a millisecond late", v.ID, certs.ScopeLive, end.Add(time.Millisecond), false},
		{"viewer, another scope", v.ID, certs.ScopeClips, end, false},
		{"viewer, more than granted", v.ID, both, end, false},
		{"viewer of both", w.ID, both, end, true},
		{"viewer of both, one", w.ID, certs.ScopeClips, end, true},
		{"stranger", stranger.ID, certs.ScopeLive, end, false},
		{"stranger, nothing", stranger.ID, 0, end, false},
		{"viewer, nothing", v.ID, 0, end, false},
		{"nobody", certs.KeyID{}, certs.ScopeLive, end, false},
	} {
		if got := p.Allows(c.key, c.scope, c.at); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if (&certs.Policy{}).Allows(certs.KeyID{}, certs.ScopeLive, end) {
		t.Error("a policy of nobody allows nobody")
	}
}

// TestPolicySealer seals under policies whose viewers' times are over, to come, or without end, by clocks known and not.
func TestPolicySealer(t *testing.T) {
	w, now := certstest.New(t), certstest.Time
	always, later, over, live := certstest.NewViewer(t), certstest.NewViewer(t), certstest.NewViewer(t), certstest.NewViewer(t)
	until := func(v *certstest.Viewer, end time.Time) certs.Viewer {
		c := v.Viewing(certs.ScopeClips | certs.ScopeLive)
		c.NotAfter = end
		return c
	}
	p := *w.Camera.Grant.Policy
	p.Viewers = []certs.Viewer{always.Viewing(certs.ScopeClips), until(later, now), until(over, now.Add(-time.Millisecond)), live.Viewing(certs.ScopeLive)}
	for _, c := range []struct {
		name  string
		known bool
		opens []age.Identity
		not   []age.Identity
	}{
		{"time known", true, []age.Identity{w.Owner.Identity, always.Identity, later.Identity}, []age.Identity{over.Identity, live.Identity}},
		{"time not known", false, []age.Identity{w.Owner.Identity, always.Identity}, []age.Identity{later.Identity, over.Identity, live.Identity}},
	} {
		file := ok(ok(p.Sealer(now, c.known))(t).Seal([]byte("x")))(t)
		for i, id := range c.opens {
			if _, err := certs.Open(file, 1<<16, id); err != nil {
				t.Errorf("%s: %d: %v", c.name, i, err)
			}
		}
		for i, id := range c.not {
			if _, err := certs.Open(file, 1<<16, id); err == nil {
				t.Errorf("%s: %d opens it", c.name, i)
			}
		}
	}
	if last := until(always, certs.UntilRemoved()); last.Ends() {
		t.Error("until removed ends")
	}
	if first := until(always, certs.UntilRemoved().Add(-time.Millisecond)); !first.Ends() {
		t.Error("a millisecond before the end of time does not end")
	}
	if v := p.Viewer(always.ID); v == nil || v.Key() != always.ID || p.Viewer(w.Owner.ID) != nil {
		t.Error("another viewer")
	}
}

func TestSignPolicyRefuses(t *testing.T) {
	w, v := certstest.New(t), certstest.NewViewer(t)
	good := *w.Camera.Grant.Policy
	hybrid := ok(age.GenerateHybridIdentity())(t).Recipient().String()
	for name, change := range map[string]func(*certs.Policy){
		"without recipients":          func(p *certs.Policy) { p.Recipients = nil },
		"with recipients of 2 kinds":  func(p *certs.Policy) { p.Recipients = []string{w.Owner.Recipient, hybrid} },
		"of version 0":                func(p *certs.Policy) { p.Version = 0 },
		"of another owner":            func(p *certs.Policy) { p.Owner = certstest.NewOwner(t).ID },
		"with a viewer of no scope":   func(p *certs.Policy) { p.Viewers = []certs.Viewer{{SPKI: v.SPKI, Since: 1}} },
		"with a viewer without a key": func(p *certs.Policy) { p.Viewers = []certs.Viewer{{Scope: certs.ScopeLive, Since: 1}} },
		"with a viewer beyond 9999": func(p *certs.Policy) {
			p.Viewers = []certs.Viewer{{SPKI: v.SPKI, Scope: certs.ScopeLive, Since: 1, NotAfter: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}
		},
		"with a viewer of clips who opens none": func(p *certs.Policy) { p.Viewers = []certs.Viewer{{SPKI: v.SPKI, Scope: certs.ScopeClips, Since: 1}} },
		"with a viewer since no version":        func(p *certs.Policy) { p.Viewers = []certs.Viewer{{SPKI: v.SPKI, Scope: certs.ScopeLive}} },
		"with a viewer since the next version": func(p *certs.Policy) {
			p.Viewers = []certs.Viewer{{SPKI: v.SPKI, Scope: certs.ScopeLive, Since: p.Version + 1}}
		},
		"of too many renewals": func(p *certs.Policy) { p.Renewals = certs.MaxRenewals + 1 },
		"with large settings":  func(p *certs.Policy) { p.Settings = make([]byte, certs.MaxSettings+1) },
	} {
		p := good
		change(&p)
		if _, err := certs.SignPolicy(&p, w.Owner.Key); err == nil {
			t.Errorf("signed a policy %s", name)
		}
	}
	good.Recipients = []string{hybrid}
	if _, err := certs.SignPolicy(&good, w.Owner.Key); err != nil {
		t.Errorf("post-quantum recipient: %v", err)
	}
}
