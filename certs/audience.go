package certs

import (
	"errors"
	"time"
)

// Scope says what a viewer may do.
type Scope uint

// Scopes, to be combined.
const (
	ScopeClips Scope = 1 << iota // open thumbnails and clips
	ScopeLive                    // see the camera now
)

// Viewer is somebody besides the owner whom the owner lets view.
type Viewer struct {
	SPKI      []byte    // public key, DER
	Scope     Scope     // what for
	NotAfter  time.Time // until when; milliseconds; UntilRemoved() for no end
	Recipient string    // with ScopeClips, and only there: pictures are sealed to it too
	Since     uint64    // from which version of the policy on: earlier records are not this viewer's
}

type viewerBody struct {
	SPKI      []byte `cbor:"1,keyasint"`
	Scope     Scope  `cbor:"2,keyasint"`
	NotAfter  uint64 `cbor:"3,keyasint"`
	Recipient string `cbor:"4,keyasint,omitempty"`
	Since     uint64 `cbor:"5,keyasint"`
}

// UntilRemoved is the end of a viewer's time that stands for none.
func UntilRemoved() time.Time { return time.UnixMilli(maxUnixMs).UTC() }

// Ends says whether the viewer's time ends, on a clock that may be wrong.
func (v *Viewer) Ends() bool { return v.NotAfter.UnixMilli() < maxUnixMs }

// Key returns the id of the viewer's key.
func (v *Viewer) Key() KeyID { return KeyID(HashOf(v.SPKI)) }

// check holds the conditions of record.cddl for a viewer of a policy of this version and returns the viewer's key. The
// recipient is for the policy to check, with the others.
func (v *viewerBody) check(version uint64) (KeyID, error) {
	_, id, err := ParseSPKI(v.SPKI)
	switch {
	case err != nil:
		return id, err
	case v.Scope == 0 || v.Scope > ScopeClips|ScopeLive:
		return id, errors.New("unknown scope")
	case v.NotAfter > maxUnixMs:
		return id, errBeyond9999
	case (v.Scope&ScopeClips != 0) != (v.Recipient != ""):
		return id, errors.New("a recipient belongs to the scope clips")
	case v.Since == 0 || v.Since > version:
		return id, errors.New("since no version that there was")
	}
	return id, nil
}
