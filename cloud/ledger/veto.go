package ledger

import (
	"fmt"
	"time"
)

// Reason says why the ledger objects.
type Reason string

// The ledger's objections.
const (
	NotClaimed Reason = "not-claimed" // no claim is known for this epoch
	OtherClaim Reason = "other-claim" // the claim of this epoch is another's, or of another event key
	OldEpoch   Reason = "old-epoch"   // a claim below the highest epoch known
	Closed     Reason = "closed"      // after the end of its epoch
	Lost       Reason = "lost"        // the owner before says that the camera is lost
	NotNext    Reason = "not-next"    // the owner before released the camera to somebody else
	Waiting    Reason = "waiting"     // not yet: the claim is contested, and its time has not come. Nothing is refused for it
)

// Veto is an objection to a record.
type Veto struct {
	Reason Reason
	Detail string
	// Early says that what is missing may still be under way, since records overtake each other.
	Early bool
	// Until is when a claim that waits will be bound, if nothing comes between.
	Until time.Time
}

func (v *Veto) Error() string { return "ledger: " + v.Detail }

func veto(r Reason, format string, args ...any) *Veto {
	return &Veto{Reason: r, Detail: fmt.Sprintf(format, args...)}
}

func early(r Reason, format string, args ...any) *Veto {
	v := veto(r, format, args...)
	v.Early = true
	return v
}
