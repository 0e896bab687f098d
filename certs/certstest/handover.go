package certstest

import (
	"testing"

	"signet/certs"
)

// Handover is one camera in two epochs: claimed by a first owner, released, claimed by a second.
type Handover struct {
	Fleet         *certs.Fleet
	First, Second *certs.Owner
	Before        *Camera // in epoch 1: it still signs, as somebody with a copy of its keys could
	Closed        *Signed // the last record of epoch 1
	After         *Camera // in epoch 2
}

// NewHandover makes one.
func NewHandover(t testing.TB) *Handover {
	t.Helper()
	w := New(t)
	h := &Handover{Fleet: w.Fleet, First: w.Owner, Second: NewOwner(t), After: w.Camera}
	h.Closed = w.Camera.Close(t, w.Camera.Release(t, w.Owner))
	h.Before = w.Camera.Former()
	h.After.Claim(t, h.Second)
	return h
}

// Former returns the camera as it is now, keys included, for tests of what must no longer count after the next claim or
// renewal.
func (c *Camera) Former() *Camera {
	f := *c
	return &f
}
