package bind

import (
	"crypto"
	"fmt"
	"slices"
	"time"

	"signet/certs"
)

// Signer signs receipts.
type Signer struct {
	Cert []byte // DER, issued by the fleet CA for receipts only
	Key  crypto.Signer
}

// receipts collects what was decided about each device's records since the last flush. It belongs to one worker.
type receipts struct {
	signer Signer
	open   map[certs.DeviceID]*pending
}

type pending struct {
	bound   []certs.Position
	refused []certs.Refusal
	done    []func() error // told that the receipt went out
}

// maxPending is the camera's window: what waits longer would hold it up.
const maxPending = 16

func newReceipts(s Signer) *receipts {
	return &receipts{s, map[certs.DeviceID]*pending{}}
}

func (r *receipts) of(d certs.DeviceID) *pending {
	p := r.open[d]
	if p == nil {
		p = &pending{}
		r.open[d] = p
	}
	return p
}

// full says whether a device's receipt should go out now.
func (r *receipts) full(d certs.DeviceID) bool { return len(r.open[d].done) >= maxPending }

// take signs and returns a device's receipt; nil when it says nothing.
func (r *receipts) take(d certs.DeviceID, now time.Time) ([]byte, []func() error, error) {
	p := r.open[d]
	delete(r.open, d)
	if len(p.bound) == 0 && len(p.refused) == 0 {
		return nil, p.done, nil
	}
	b, err := certs.SignReceipt(&certs.Receipt{
		Device:  d,
		Bound:   ranges(p.bound),
		Refused: p.refused,
		At:      now,
	}, r.signer.Cert, r.signer.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("receipt for %s: %w", d, err)
	}
	return b, p.done, nil
}

// ranges joins neighbouring positions of one boot.
func ranges(ps []certs.Position) []certs.Range {
	ps = slices.Clone(ps)
	slices.SortFunc(ps, func(a, b certs.Position) int {
		switch {
		case a.Less(b):
			return -1
		case b.Less(a):
			return 1
		}
		return 0
	})
	var out []certs.Range
	for _, p := range ps {
		if n := len(out); n > 0 && out[n-1].Boot == p.Boot && p.N <= out[n-1].To+1 {
			out[n-1].To = p.N
			continue
		}
		out = append(out, certs.Range{Boot: p.Boot, From: p.N, To: p.N})
	}
	return out
}
