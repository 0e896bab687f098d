package deliver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/mail"
)

// seen is what a stream has told already, so that only what is new is told.
type seen struct {
	offers    map[certs.Hash]bool
	policies  map[certs.Hash]bool
	ownership map[string]string // by device
}

// listenForMail rings at each word that there may be something to look at: mail for the session's key, or a change in the
// ledger of what it has a part in.
func (f *follower) listenForMail() (stop func(), _ error) {
	ring := func(*nats.Msg) {
		select {
		case f.post <- struct{}{}:
		default:
		}
	}
	var subs []*nats.Subscription
	stop = func() {
		for _, sub := range subs {
			_ = sub.Unsubscribe()
		}
	}
	for _, subject := range []string{mail.Subject(f.s.key), engine.OwnershipFilter(f.s.key)} {
		sub, err := f.cfg.Engine.Conn().Subscribe(subject, ring)
		if err != nil {
			stop()
			return nil, fmt.Errorf("listen for mail: %w", err)
		}
		subs = append(subs, sub)
	}
	return stop, nil
}

// see finds out what the session may see now.
func (f *follower) see(ctx context.Context) (err error) {
	if f.sight, err = f.Deliver.sight(ctx, f.s); err != nil {
		return err
	}
	if now := f.sight.reach(); !slices.Equal(now, f.prefixes) {
		f.prefixes, f.walk = now, nil
	}
	return nil
}

// look finds out what the session may see now, follows that and nothing else, and tells what is new of it.
func (f *follower) look(ctx context.Context) error {
	if err := f.see(ctx); err != nil {
		return err
	}
	owners := []certs.OwnerID{f.s.key}
	for _, p := range f.sight.shared {
		if !slices.Contains(owners, p.Owner) {
			owners = append(owners, p.Owner)
		}
	}
	f.news.hear(f.listener, owners)
	if err := f.followOwners(owners); err != nil {
		return err
	}
	if err := f.followCameras(ctx); err != nil {
		return err
	}
	if err := f.tellOffers(ctx); err != nil {
		return err
	}
	if err := f.tellPolicies(ctx); err != nil {
		return err
	}
	return f.tellOwnership(ctx)
}

// followOwners listens to uploads for these owners' records and no others'.
func (f *follower) followOwners(owners []certs.OwnerID) error {
	for o, sub := range f.arrivals {
		if !slices.Contains(owners, o) {
			_ = sub.Unsubscribe()
			delete(f.arrivals, o)
		}
	}
	for _, o := range owners {
		if f.arrivals[o] != nil {
			continue
		}
		sub, err := f.cfg.Engine.Conn().ChanSubscribe(engine.ArrivedSubject(o), f.told)
		if err != nil {
			return fmt.Errorf("follow media: %w", err)
		}
		f.arrivals[o] = sub
	}
	return nil
}

// followCameras listens to the cameras that the session may know of and to no others, and tells how new ones are.
func (f *follower) followCameras(ctx context.Context) error {
	ids, err := f.known(ctx, f.s)
	if err != nil {
		return err
	}
	for id, sub := range f.cameras {
		if !slices.Contains(ids, id) {
			_ = sub.Unsubscribe()
			delete(f.cameras, id)
		}
	}
	for _, id := range ids {
		if f.cameras[id] != nil {
			continue
		}
		sub, err := f.cfg.Engine.Conn().ChanSubscribe(engine.StatusSubject(id), f.told)
		if err != nil {
			return fmt.Errorf("follow cameras: %w", err)
		}
		f.cameras[id] = sub
		p, err := f.presence(ctx, id)
		if err != nil {
			return err
		}
		if err := f.event("status", p); err != nil {
			return err
		}
	}
	return nil
}

// tell passes on that a part arrived or that a camera came or went.
func (f *follower) tell(ctx context.Context, m *nats.Msg) error {
	if id, err := engine.StatusDevice(m.Subject); err == nil {
		if _, ok, err := f.camera(ctx, f.s, id, 0); err != nil || !ok {
			return err // it may have another owner by now
		}
		return f.event("status", f.judge(id, string(m.Data), time.Now()))
	}
	var a Arrived
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return nil
	}
	// The subject says whose it is; the record is asked.
	it, err := f.item(ctx, f.s, a.Seq)
	if err != nil || it == nil {
		return err
	}
	return f.event("media", a)
}

func (f *follower) tellOffers(ctx context.Context) error {
	list, err := f.cfg.Mail.Offers(ctx, f.s.key)
	if err != nil {
		return err
	}
	there := map[certs.Hash]bool{}
	for _, o := range list {
		there[o.Offer.Hash] = true
		if f.seen.offers[o.Offer.Hash] {
			continue
		}
		b, err := f.handOffer(ctx, f.s, &o)
		if err != nil {
			return err
		}
		if b == nil {
			continue
		}
		if err := f.bytes("offer", b); err != nil {
			return err
		}
	}
	f.seen.offers = there
	return nil
}

func (f *follower) tellPolicies(ctx context.Context) error {
	list, err := f.allPolicies(ctx, f.s)
	if err != nil {
		return err
	}
	there := map[certs.Hash]bool{}
	for _, p := range list {
		h := certs.HashOf(p.Raw)
		if there[h] = true; f.seen.policies[h] {
			continue
		}
		b, err := f.handPolicy(ctx, f.s, p)
		if err != nil {
			return err
		}
		if err := f.bytes("policy", b); err != nil {
			return err
		}
	}
	f.seen.policies = there
	return nil
}

func (f *follower) tellOwnership(ctx context.Context) error {
	list, err := f.allOwnership(ctx, f.s)
	if err != nil {
		return err
	}
	there := map[string]string{}
	for _, o := range list {
		b, err := json.Marshal(o)
		if err != nil {
			return err
		}
		if there[o.Device] = string(b); f.seen.ownership[o.Device] == string(b) {
			continue
		}
		if err := f.event("ownership", o); err != nil {
			return err
		}
	}
	f.seen.ownership = there
	return nil
}

// bytes writes an event whose data are bytes in base64.
func (f *follower) bytes(name string, b []byte) error {
	return f.write("event: " + name + "\ndata: " + base64.StdEncoding.EncodeToString(b) + "\n\n")
}
