package deliver

import (
	"testing"
	"time"

	"signet/certs"
)

// Answers to join cards are few, short-lived, and given once.
func TestJoins(t *testing.T) {
	j, now := newJoins(), time.Now()
	id := func(n byte) certs.Hash { return certs.Hash{n} }
	alice, bob := certs.KeyID{1}, certs.KeyID{2}
	put := func(n byte, from certs.KeyID, net string, at time.Time) bool {
		return j.put(id(n), join{from, net, at, []byte{n}})
	}
	for n := range byte(maxJoinsOne) {
		if !put(n, alice, "a", now) {
			t.Fatalf("answer %d is not kept", n)
		}
	}
	if put(99, alice, "a", now) {
		t.Error("one more of the same owner is kept")
	}
	if !put(0, alice, "a", now) {
		t.Error("an owner's newer answer to the same card is not kept")
	}
	if put(0, bob, "b", now) {
		t.Error("somebody else's answer to the same card is kept")
	}
	if b, ok := j.take(id(0), now); !ok || b[0] != 0 {
		t.Error("the answer is not there")
	}
	if _, ok := j.take(id(0), now); ok {
		t.Error("the answer is given twice")
	}
	if _, ok := j.take(id(1), now.Add(joinLife+time.Second)); ok {
		t.Error("an answer is given that is too old")
	}
	if !put(50, bob, "b", now.Add(joinLife+time.Second)) || len(j.byID) != 1 {
		t.Errorf("%d answers are kept, too old ones among them", len(j.byID))
	}
	for n := range maxJoins + 10 { // keys and networks without end
		j.put(certs.HashOf([]byte{byte(n), byte(n >> 8)}), join{certs.KeyID{byte(n), byte(n >> 8), 9}, string(rune(n)), now, nil})
	}
	if len(j.byID) > maxJoins {
		t.Errorf("%d answers are kept", len(j.byID))
	}
}
