package deliver

import (
	"testing"
	"time"

	"signet/certs"
)

// However many challenges are asked for, the next one is good: once, until it expires, and only from here.
func TestChallengesDoNotRunOut(t *testing.T) {
	s := newSessions(certs.Hash{}, nil)
	now := time.Now()
	for range 1 << 15 {
		s.challenge(now)
	}
	n := s.challenge(now)
	if !s.spend(n, now.Add(time.Second)) {
		t.Error("challenge is not good")
	}
	if s.spend(n, now.Add(time.Second)) {
		t.Error("challenge is good twice")
	}
	if s.spend(s.challenge(now), now.Add(nonceLife+time.Second)) {
		t.Error("challenge does not expire")
	}
	n = s.challenge(now)
	n[7]++ // later
	if s.spend(n, now) {
		t.Error("altered challenge is good")
	}
	if s.spend(newSessions(certs.Hash{}, nil).challenge(now), now) {
		t.Error("challenge of another process is good")
	}
}

// What is remembered is bounded; what had to be forgotten is not good again, and a fresh challenge always is.
func TestUsedChallengesAreBounded(t *testing.T) {
	s := newSessions(certs.Hash{}, nil)
	now := time.Now()
	var all [][32]byte
	for i := range 3 * maxUsed {
		now = now.Add(time.Microsecond)
		n := s.challenge(now)
		if !s.spend(n, now) {
			t.Fatalf("challenge %d is not good", i)
		}
		if i%1000 == 0 {
			all = append(all, n)
		}
		if len(s.used) > maxUsed {
			t.Fatalf("%d are remembered", len(s.used))
		}
	}
	for i, n := range all {
		if s.spend(n, now) {
			t.Fatalf("challenge %d is good twice", 1000*i)
		}
	}
}

// A host has a /64 of IPv6 to choose addresses from.
func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64", "2001:db8:1:3::9": "2001:db8:1:3::/64",
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::/64", "odd": "odd",
	} {
		if got := network(addr); got != want {
			t.Errorf("%s: %s instead of %s", addr, got, want)
		}
	}
}
