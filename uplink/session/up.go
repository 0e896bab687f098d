package session

import (
	"errors"
	"fmt"
)

// Channels of a device's topic that the camera sends on (docs/protocol.md), and what it says of itself.
const (
	chRecords = "records"
	chAnswers = "answers"
	chOffers  = "offers"
	chStatus  = "status"
	online    = "online"
	offline   = "offline"
)

// MaxOffer bounds an offer message, in bytes: an offer of 8 KiB, a view of 64 KiB and what holds them, and room to grow.
const MaxOffer = 128 << 10

// Errors of what is published besides records.
var (
	ErrNotConnected = errors.New("not connected to the cloud") // right now
	ErrBusy         = errors.New("uplink is busy")             // more was asked for than the connection takes
	ErrTooLarge     = errors.New("message is too large")
)

// outgoing is what is published besides records. It goes at the next opportunity, between two of them.
type outgoing struct {
	channel string
	qos     byte
	payload []byte
}

// PublishAnswer sends a viewer answer, QoS 0. It does not wait for the network. The error is ErrNotConnected or ErrBusy.
// It may be called concurrently.
func (s *Session) PublishAnswer(b []byte) error { return s.publish(outgoing{chAnswers, 0, b}) }

// PublishOffer sends an offer message, QoS 1. It does not wait for the network; whoever offers sends it again until there is
// a grant. The error is ErrNotConnected, ErrBusy or ErrTooLarge. It may be called concurrently.
func (s *Session) PublishOffer(b []byte) error {
	if len(b) > MaxOffer {
		return fmt.Errorf("publish offer of %d bytes: %w, at most %d", len(b), ErrTooLarge, MaxOffer)
	}
	return s.publish(outgoing{chOffers, 1, b})
}

func (s *Session) publish(o outgoing) error {
	if !s.Connected() {
		return ErrNotConnected
	}
	select {
	case s.up <- o:
		return nil
	default:
		return ErrBusy
	}
}

// forget drops what was to be published on an earlier connection: viewers have long given up, and offers come again.
func (s *Session) forget() {
	for {
		select {
		case <-s.up:
		default:
			return
		}
	}
}
