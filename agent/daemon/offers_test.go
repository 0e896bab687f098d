package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/certs"
	"signet/uplink/session"
)

// An offer goes every five seconds until it is granted; at once when it is made and when a connection comes up.
func TestOffersAreSentAgain(t *testing.T) {
	rig := ownershiptest.New(t)
	synctest.Test(t, func(t *testing.T) {
		state := rig.Restart(t)
		d := &Daemon{owner: state, log: silent}
		began, offline := time.Now(), atomic.Bool{}
		var sent []string
		publish := func(b []byte) error {
			sent = append(sent, fmt.Sprintf("%d %v", int(time.Since(began).Seconds()), !offline.Load()))
			if offline.Load() {
				return session.ErrNotConnected
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.sendOffers(ctx, publish) }()
		time.Sleep(10 * time.Second)
		code := certs.NewClaimCode(rig.Owner, time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)) // in here it is the year 2000
		msg, err := state.Offer(code, nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		offline.Store(true)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		offline.Store(false)
		d.online.tell()
		synctest.Wait()
		m, err := certs.ParseOfferMessage(msg)
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.ParseOffer(rig.Fleet.Cert)
		if err != nil {
			t.Fatal(err)
		}
		if err := state.Accept(ownershiptest.Grant(t, rig.Owner, o)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"10 true", "15 true", "20 false", "22 true"}; !slices.Equal(sent, want) {
			t.Errorf("sent %q, want %q", sent, want)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
