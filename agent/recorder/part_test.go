package recorder_test

import (
	"bytes"
	"slices"
	"testing"

	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/certs/certstest"
)

// The largest part that the pipeline makes can be sealed, to as many recipients as there may be, signed and uploaded.
func TestLargestPart(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	policy := *rig.State.Terms().Policy
	policy.Version++
	policy.Recipients = slices.Clone(policy.Recipients)
	for len(policy.Recipients) < 16 {
		policy.Recipients = append(policy.Recipients, certstest.NewOwner(t).Recipient)
	}
	raw, err := certs.SignPolicy(&policy, rig.Owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := rig.State.Apply(raw); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, rig)
	e := moment.Event{N: 1, Start: capture.Now()}
	w.Started(e, moment.Thumbnail{})
	clip := bytes.Repeat([]byte{7}, moment.MaxPart)
	w.Part(e, moment.Part{Data: clip, MIME: "video/mp4"})
	w.finish()
	if got := types(w.records()); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Part}) {
		t.Fatalf("records are %v, %+v", got, w.Counters())
	}
	if len(w.parts) != 1 {
		t.Fatal("the uplink was handed no part")
	}
	plain, err := certs.Open(w.parts[0].sealed, certs.MaxPart, rig.Owner.Identity)
	if err != nil || !bytes.Equal(plain, clip) {
		t.Errorf("the part does not open to the clip: %v", err)
	}
}
