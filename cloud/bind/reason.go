package bind

import (
	"fmt"

	"signet/cloud/ledger"
)

// Reason says why a record is in quarantine. It stands in subjects and receipts, so it has no spaces and no dots.
type Reason string

// The reasons, besides those of the ledger.
const (
	Malformed          Reason = "malformed"           // not a record of this format
	ForeignDevice      Reason = "foreign-device"      // names another device than the connection's
	WrongMedia         Reason = "wrong-media"         // pictures are not those that the record names
	UnknownCertificate Reason = "unknown-certificate" // its event certificate was never shown
	WrongCertificate   Reason = "wrong-certificate"   // the path does not end at the owner that the record names
	WrongSignature     Reason = "wrong-signature"     // of the record or its closing; or the certificate is of another device or epoch
	WrongOffer         Reason = "wrong-offer"         // a claim whose offer is not the device's, or says otherwise
	Fork               Reason = "fork"                // its position holds other bytes already
	LedgerCorrupt      Reason = "ledger-corrupt"      // the ledger entry cannot be read, so nothing passes
	Revoked            Reason = "revoked"             // a device certificate was: the connection's, or that of a claim that is news
	NotClaimed                = Reason(ledger.NotClaimed)
	OtherClaim                = Reason(ledger.OtherClaim)
	OldEpoch                  = Reason(ledger.OldEpoch)
	Closed                    = Reason(ledger.Closed)
	Lost                      = Reason(ledger.Lost)
	NotNext                   = Reason(ledger.NotNext)

	waiting = Reason(ledger.Waiting) // of nothing in quarantine: what waits is not refused
)

// Reasons lists all of them.
func Reasons() []Reason {
	return []Reason{
		Malformed, ForeignDevice, WrongMedia, UnknownCertificate, WrongCertificate, WrongSignature, WrongOffer,
		Fork, LedgerCorrupt, Revoked, NotClaimed, OtherClaim, OldEpoch, Closed, Lost, NotNext,
	}
}

// refusal is a decision against a record.
type refusal struct {
	reason Reason
	detail error
	early  bool // what is missing may still come: try again before refusing
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %v", r.reason, r.detail) }

func refuse(r Reason, err error) *refusal { return &refusal{reason: r, detail: err} }

func object(v *ledger.Veto) *refusal {
	return &refusal{reason: Reason(v.Reason), detail: v, early: v.Early}
}
