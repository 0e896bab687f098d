package deliver

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"signet/certs"
	"signet/cloud/ledger"
)

// Ownership is what the ledger says of a camera that the session's key claimed once. Nobody has signed it but the evidence.
type Ownership struct {
	Device   string       `json:"device"`
	Epoch    uint64       `json:"epoch"`
	State    ledger.State `json:"state"`
	Since    int64        `json:"since"`              // unix milliseconds
	Until    int64        `json:"until,omitempty"`    // unix milliseconds; where it has a meaning
	Evidence []byte       `json:"evidence,omitempty"` // closing or release
}

func (d *Deliver) ownership(w http.ResponseWriter, r *http.Request, s *session) {
	list, err := d.allOwnership(r.Context(), s)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	reply(w, list)
}

func (d *Deliver) allOwnership(ctx context.Context, s *session) ([]Ownership, error) {
	ids, err := d.cfg.Ledger.Devices(ctx, s.key)
	if err != nil {
		return nil, err
	}
	list := []Ownership{}
	for _, id := range ids {
		o, ok, err := d.ownershipOf(ctx, s, id)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b Ownership) int { return strings.Compare(a.Device, b.Device) })
	return list, nil
}

func (d *Deliver) ownershipOf(ctx context.Context, s *session, id certs.DeviceID) (Ownership, bool, error) {
	o, ok, err := d.cfg.Ledger.Ownership(ctx, id, s.key)
	if errors.Is(err, ledger.ErrCorrupt) {
		return Ownership{}, false, nil // nobody is told anything by it
	}
	return Ownership{id.String(), o.Epoch, o.State, unixMs(o.Since), unixMs(o.Until), o.Evidence}, ok, err
}

func unixMs(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
