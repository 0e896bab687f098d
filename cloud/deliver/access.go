package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"signet/certs"
	"signet/cloud/engine"
)

// Access is a row of the access stream: what somebody was given, by which session. It is written before.
type Access struct {
	At      time.Time   `json:"at"`
	Owner   string      `json:"owner"`            // whose it is
	Viewer  string      `json:"viewer,omitempty"` // who was given it, if that is somebody else
	Session string      `json:"session"`          // a name for it, not its token
	Addr    string      `json:"addr"`
	What    string      `json:"what"` // records, stream, media, live, offer, policy
	Seqs    [][2]uint64 `json:"seqs,omitempty"`
	Media   string      `json:"media,omitempty"`
	Device  string      `json:"device,omitempty"`
}

// note writes the row, about something of an owner's, and waits until it is on the disk.
func (d *Deliver) note(ctx context.Context, s *session, owner certs.OwnerID, a Access) error {
	if err := d.cfg.Engine.Room(engine.RoomForAccess); err != nil {
		return fmt.Errorf("note access: %w", err)
	}
	a.At, a.Owner, a.Session, a.Addr = time.Now(), owner.String(), s.name, s.addr
	if s.key != owner {
		a.Viewer = s.key.String()
	}
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("note access: %w", err)
	}
	if _, err := d.js.Publish(ctx, "access."+owner.String(), b); err != nil {
		return fmt.Errorf("note access: %w", err)
	}
	return nil
}

// runs joins neighbours.
func runs(seqs []uint64) [][2]uint64 {
	var out [][2]uint64
	for _, seq := range seqs {
		if n := len(out); n > 0 && out[n-1][1]+1 == seq {
			out[n-1][1] = seq
			continue
		}
		out = append(out, [2]uint64{seq, seq})
	}
	return out
}
