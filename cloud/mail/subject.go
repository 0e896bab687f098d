package mail

import (
	"fmt"
	"strings"

	"signet/certs"
)

// Where things stand. Each is found by whoever asks for it: a device's mail by the device, what is an owner's or a viewer's
// by the key, so that nobody's question goes through what others have.
const (
	mailOf  = "mail."  // <device>.<owner>.<kind>: the newest statement of a kind
	offerTo = "offer." // <owner>.<device>: the newest renewal
	ownOf   = "own."   // <owner>.<device>: a pointer: there may be a policy
	viewOf  = "view."  // <viewer>.<device>.<owner>: a pointer: that policy may name this viewer
)

// kind is what a statement is.
type kind string

const (
	grants   kind = "grant"
	policies kind = "policy"
	releases kind = "release"
	renewals kind = "renewal" // offers
)

func letterSubject(d certs.DeviceID, o certs.OwnerID, k kind) string {
	return mailOf + d.String() + "." + o.String() + "." + string(k)
}

func renewalSubject(o certs.OwnerID, d certs.DeviceID) string {
	return offerTo + o.String() + "." + d.String()
}

func ownSubject(o certs.OwnerID, d certs.DeviceID) string {
	return ownOf + o.String() + "." + d.String()
}

func viewSubject(viewer certs.KeyID, d certs.DeviceID, o certs.OwnerID) string {
	return viewOf + viewer.String() + "." + d.String() + "." + o.String()
}

// ownerAndKind reads what follows the device in a subject of letterSubject's form.
func ownerAndKind(rest string) (certs.OwnerID, kind, error) {
	owner, k, _ := strings.Cut(rest, ".")
	o, err := certs.ParseKeyID(owner)
	if err != nil {
		return o, "", fmt.Errorf("parse subject %.160q: %w", rest, err)
	}
	switch k := kind(k); k {
	case grants, policies, releases:
		return o, k, nil
	}
	return o, "", fmt.Errorf("parse subject %.160q: no kind of mail", rest)
}

// deviceAndOwner reads what follows the viewer in a subject of viewSubject's form.
func deviceAndOwner(rest string) (place, error) {
	device, owner, _ := strings.Cut(rest, ".")
	d, err := certs.ParseDeviceID(device)
	if err != nil {
		return place{}, fmt.Errorf("parse subject %.160q: %w", rest, err)
	}
	o, err := certs.ParseKeyID(owner)
	if err != nil {
		return place{}, fmt.Errorf("parse subject %.160q: %w", rest, err)
	}
	return place{d, o}, nil
}
