package mail

import (
	"slices"
	"sync"
	"time"

	"signet/certs"
)

const (
	claimLife = 3 * time.Minute // after it came last: a code is good for two
	perOwner  = 16              // claims kept for an owner: the oldest goes first
	maxClaims = 512             // of all owners, each of up to 74 KiB
)

// Offer is an offer message that a device of the fleet has signed. Its proof and its view are for the owner to judge: the
// cloud has neither the secret nor the key for them.
type Offer struct {
	Received time.Time
	Message  []byte // as it came
	Offer    *certs.SignedOffer
}

// claims keeps the newest claim of each device for a short time. It may be used concurrently.
type claims struct {
	mu       sync.Mutex
	byDevice map[certs.DeviceID]Offer
}

func newClaims() *claims { return &claims{byDevice: map[certs.DeviceID]Offer{}} }

// put keeps an offer in place of the device's former one and says whether it is another one.
func (c *claims) put(o Offer) (news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, there := c.byDevice[o.Offer.Device]
	delete(c.byDevice, o.Offer.Device)
	c.expire(o.Received)
	if own := c.of(o.Offer.Owner); len(own) >= perOwner {
		delete(c.byDevice, own[0].Offer.Device)
	}
	if len(c.byDevice) >= maxClaims {
		delete(c.byDevice, c.oldest())
	}
	c.byDevice[o.Offer.Device] = o
	return !there || before.Offer.Hash != o.Offer.Hash
}

// list returns an owner's claims, oldest first.
func (c *claims) list(owner certs.OwnerID, now time.Time) []Offer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire(now)
	return c.of(owner)
}

// find returns the claim of a device that has this hash.
func (c *claims) find(d certs.DeviceID, hash certs.Hash, now time.Time) (Offer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire(now)
	o, ok := c.byDevice[d]
	return o, ok && o.Offer.Hash == hash
}

// drop forgets a claim that was granted.
func (c *claims) drop(d certs.DeviceID, hash certs.Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byDevice[d].Offer != nil && c.byDevice[d].Offer.Hash == hash {
		delete(c.byDevice, d)
	}
}

func (c *claims) expire(now time.Time) {
	for d, o := range c.byDevice {
		if now.Sub(o.Received) > claimLife {
			delete(c.byDevice, d)
		}
	}
}

func (c *claims) of(owner certs.OwnerID) []Offer {
	var out []Offer
	for _, o := range c.byDevice {
		if o.Offer.Owner == owner {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b Offer) int { return a.Received.Compare(b.Received) })
	return out
}

func (c *claims) oldest() (d certs.DeviceID) {
	var at time.Time
	for id, o := range c.byDevice {
		if at.IsZero() || o.Received.Before(at) {
			d, at = id, o.Received
		}
	}
	return d
}
