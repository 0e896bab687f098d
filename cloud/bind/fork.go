package bind

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// maxOwners is among how many owners of a device a fork is looked for; a camera that had more was not sold so often.
const maxOwners = 64

// forked objects to a record at whose position another owner of the device has one: a position is written once, and
// who goes back and changes the owner shows each of them another past. The own position was looked at before. Only a
// device with several claims is asked for its owners, for no other reason than to object; all others pay nothing.
func (w *worker) forked(ctx context.Context, rec *certs.SignedRecord, bk book) (*refusal, error) {
	if bk.owners == nil {
		info, err := w.stream.Info(ctx, jetstream.WithSubjectFilter(engine.OwnersFilter(rec.Device)))
		if err != nil {
			return nil, fmt.Errorf("list claims: %w", err)
		}
		bk.owners = []certs.OwnerID{}
		for subject := range info.State.Subjects {
			if o, err := engine.OwnerOf(subject); err == nil && len(bk.owners) < maxOwners {
				bk.owners = append(bk.owners, o)
			}
		}
		w.remember(rec.Device, bk)
	}
	for _, o := range bk.owners {
		if o == rec.Owner {
			continue
		}
		at := rec.Record
		at.Owner = o
		switch _, err := w.stream.GetLastMsgForSubject(ctx, engine.RecordSubject(&at)); {
		case err == nil:
			return refuse(Fork, fmt.Errorf("position %v holds another owner's record", rec.Position)), nil
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return nil, fmt.Errorf("read position %v: %w", rec.Position, err)
		}
	}
	return nil, nil
}
