package session

import (
	"time"

	"signet/certs"
	"signet/internal/order"
	"signet/uplink/dial"
	"signet/uplink/spool"
)

// receipt takes in what says that it is a receipt. Only what is under way is taken from it: the cloud cannot make the
// camera forget what it never got.
func (p *pump) receipt(b []byte, now time.Time) {
	s := p.s
	by := s.cfg.Dial.Config()
	r, err := certs.ParseReceipt(b, by.FleetCA())
	if err == nil && by.IsRevoked(r.Serial) {
		err = dial.ErrRevoked
	}
	if err != nil {
		s.strange(func(st *Stats) *uint64 { return &st.BadReceipts }, "receipt ignored", "err", err)
		return
	}
	if r.Device != s.cfg.Device {
		s.strange(func(st *Stats) *uint64 { return &st.ForeignReceipts }, "receipt of another device ignored", "device", r.Device)
		return
	}
	s.spread = r.Spread
	if s.cfg.OnTime != nil {
		s.cfg.OnTime(r.At)
	}
	bound := p.window.in(r.Bound)
	for _, pos := range bound {
		p.answered(pos, now)
	}
	if len(bound) > 0 {
		ranges := join(bound)
		s.cfg.Spool.Ack(ranges...)
		s.count(func(st *Stats) { st.Bound += uint64(len(bound)) })
		if s.cfg.OnBound != nil {
			s.cfg.OnBound(ranges)
		}
	}
	refused := 0
	for _, ref := range r.Refused {
		pos := spool.Position{Boot: ref.Boot, N: ref.N}
		if p.window.find(pos) == nil {
			continue
		}
		refused++
		if wantsClaim(ref.Reason) && s.forgotten.patient(now) {
			p.forgot = true
			continue
		}
		p.answered(pos, now)
		p.setAside(pos, clip(ref.Reason))
	}
	if len(bound)+refused == 0 && len(r.Bound)+len(r.Refused) > 0 {
		s.count(func(st *Stats) { st.Unasked++ }) // mostly a second receipt for what was sent twice
	}
}

// answered takes a record out of the window.
func (p *pump) answered(pos spool.Position, now time.Time) {
	f := p.window.find(pos)
	if !f.first.IsZero() {
		p.s.pace.took(now.Sub(f.first))
	}
	if f.kind.Type == certs.Claimed || f.kind.Type == certs.Closed {
		p.choose.again()
	}
	p.window.remove(pos)
	p.began = now
}

// join makes ranges of positions.
func join(ps []spool.Position) []spool.Range {
	order.By(ps, spool.Position.Compare)
	var out []spool.Range
	for _, p := range ps {
		if n := len(out); n > 0 && out[n-1].Boot == p.Boot && out[n-1].To+1 == p.N {
			out[n-1].To = p.N
			continue
		}
		out = append(out, spool.Range{Boot: p.Boot, From: p.N, To: p.N})
	}
	return out
}
