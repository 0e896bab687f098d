package recorder

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"signet/agent/ownership"
	"signet/certs"
)

// quiet is how long after a tamper record of a camera the next one waits, which then tells of all that happened
// meanwhile: a loose cable must not push what was seen out of the spool. What a camera is, where that changes and it was
// not tampered with, is told no more often either.
const quiet = time.Minute

// presence is what a lane remembers of its camera's coming and going.
type presence struct {
	mu       sync.Mutex
	here     bool
	outages  []outages // that no record tells of yet
	last     instant   // of them
	goneAt   time.Time // when a tamper record was made last
	tampered uint64    // tamper records made
	told     standing  // by the last online record
	toldAt   time.Time
}

// outages of one reason.
type outages struct {
	reason string
	n      int
}

// standing is what an online record tells, and after how many tamper records.
type standing struct {
	camera   certs.CameraFacts
	tampered uint64
}

// came notes that the camera is there, as its facts say.
func (l *Lane) came() {
	p := &l.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = true
	l.tellOnline()
}

// went notes that the camera is not there any more, which interrupted an event, or none.
func (l *Lane) went(reason string, event *certs.EventID) {
	p := &l.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = false
	p.last = present()
	i := slices.IndexFunc(p.outages, func(o outages) bool { return o.reason == reason })
	if i < 0 {
		i, p.outages = len(p.outages), append(p.outages, outages{reason: reason})
	}
	p.outages[i].n++
	if time.Since(p.goneAt) >= quiet {
		l.tellOutages(event)
	}
}

// tellPresence makes the records for which it is time; at the end, all.
func (l *Lane) tellPresence(end bool) {
	l.scenes.mu.Lock()
	l.tellScenes(end)
	l.scenes.mu.Unlock()
	p := &l.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.outages) > 0 && (end || time.Since(p.goneAt) >= quiet) {
		l.tellOutages(nil)
	}
	l.tellOnline()
}

// tellOutages makes one tamper record of all outages that none tells of. The caller holds presence.mu.
func (l *Lane) tellOutages(event *certs.EventID) {
	p := &l.presence
	at, camera, reason := p.last, l.facts.Load(), inWords(p.outages)
	p.outages, p.goneAt = nil, time.Now()
	p.tampered++
	l.r.pushNow(job{seal: func(t *ownership.Terms) (statement, error) { return l.r.tamper(t, at, camera, event, reason) }})
}

// tellOnline makes an online record where the camera is there and the last one does not say so: a tamper record came
// after it, or the camera is another. The caller holds presence.mu.
func (l *Lane) tellOnline() {
	p := &l.presence
	if !p.here || !l.r.announced.Load() {
		return
	}
	now := standing{*l.facts.Load(), p.tampered}
	if now == p.told || now.tampered == p.told.tampered && time.Since(p.toldAt) < quiet {
		return
	}
	p.told, p.toldAt = now, time.Now()
	l.r.pushNow(job{seal: l.r.online})
}

// announced notes what Announce told of the camera, unless an online record that is queued tells it anew.
func (l *Lane) announced(camera *certs.CameraFacts) {
	p := &l.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if camera != nil && p.told == (standing{}) {
		p.told = standing{camera: *camera}
	}
}

// begin forgets the camera and what was told of it in an epoch that is over: its name too is its owner's.
func (l *Lane) begin() {
	l.facts.Store(nil)
	l.beginScenes()
	p := &l.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = false
	l.presence.outages, p.goneAt, p.tampered, p.told, p.toldAt = nil, time.Time{}, 0, standing{}, time.Time{}
}

// inWords tells an owner of outages.
func inWords(all []outages) string {
	if len(all) == 1 && all[0].n == 1 {
		return all[0].reason
	}
	var words []string
	for _, o := range all {
		times := "once"
		if o.n > 1 {
			times = fmt.Sprintf("%d times", o.n)
		}
		words = append(words, o.reason+", "+times)
	}
	return strings.Join(words, "; ") + " in the last minute"
}
