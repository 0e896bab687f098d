package engine

import (
	"fmt"
	"strings"

	"signet/certs"
)

// Names of the streams.
const (
	Incoming   = "INCOMING"
	Bind       = "BIND"
	Quarantine = "QUARANTINE"
	Status     = "STATUS"
	Access     = "ACCESS"
)

// A Channel is the last segment of a camera's topic, "signet/v1/<device>/<channel>".
type Channel string

// The channels of a camera; docs/protocol.md says what travels on each.
const (
	Records  Channel = "records"
	StatusUp Channel = "status"
	Answers  Channel = "answers"
	Offers   Channel = "offers"
	Receipts Channel = "receipts"
	Grant    Channel = "grant"
	Policy   Channel = "policy"
	Release  Channel = "release"
	Epoch    Channel = "epoch"
	Live     Channel = "live"
)

var (
	up   = []Channel{Records, StatusUp, Answers, Offers}
	down = []Channel{Receipts, Grant, Policy, Release, Epoch, Live}
)

// DeviceSubject is the subject of a camera's channel. MQTT's "/" is "." in here.
func DeviceSubject(d certs.DeviceID, c Channel) string {
	return "signet.v1." + d.String() + "." + string(c)
}

// DeviceOf returns the device that a subject of DeviceSubject's form names.
func DeviceOf(subject string) (certs.DeviceID, error) {
	f := strings.Split(subject, ".")
	if len(f) != 4 || f[0] != "signet" || f[1] != "v1" {
		return certs.DeviceID{}, fmt.Errorf("parse subject %.80q: not a camera's channel", subject)
	}
	return certs.ParseDeviceID(f[2])
}

// StatusSubject is where a camera's word about its connection is told once STATUS has it.
func StatusSubject(d certs.DeviceID) string { return "status." + d.String() }

// StatusDevice returns the device that a subject of StatusSubject's form names.
func StatusDevice(subject string) (certs.DeviceID, error) {
	id, ok := strings.CutPrefix(subject, "status.")
	if !ok {
		return certs.DeviceID{}, fmt.Errorf("parse subject %.80q: not a camera's status", subject)
	}
	return certs.ParseDeviceID(id)
}

// IncomingDevice returns the device that sent a message of the INCOMING stream: it was allowed to publish there.
func IncomingDevice(subject string) (certs.DeviceID, error) {
	f := strings.Split(subject, ".")
	if len(f) != 3 || f[0] != "in" {
		return certs.DeviceID{}, fmt.Errorf("parse subject %.80q: not incoming", subject)
	}
	return certs.ParseDeviceID(f[2])
}

// LedgerSubject is where the ledger entry of a device stands.
func LedgerSubject(d certs.DeviceID) string { return "bind.dev." + d.String() }

// PartSubject points to a device in whose ledger entry an owner has a part: with a claim, bound or not.
func PartSubject(o certs.OwnerID, d certs.DeviceID) string { return PartPrefix(o) + d.String() }

// PartPrefix begins the subjects of PartSubject.
func PartPrefix(o certs.OwnerID) string { return "bind.part." + o.String() + "." }

// ChainSubject is where event certificate and root are kept, by the event certificate's hash.
func ChainSubject(x5t certs.Hash) string { return "bind.chain." + x5t.String() }

// WantSubject points to the record that announced a clip part.
func WantSubject(d certs.DeviceID, h certs.Hash) string {
	return "bind.want." + d.String() + "." + h.String()
}

// RecordSubject is the one place of a record. Everything in it is what the record says of itself.
func RecordSubject(r *certs.Record) string {
	return fmt.Sprintf("%s%s.%d.%d", OwnerPrefix(r.Owner), r.Device, r.Position.Boot, r.Position.N)
}

// AllRecords is the subjects of all owners' records.
const AllRecords = "bind.rec.>"

// RecordOwner returns the owner whose records a subject of RecordSubject's form stands among. The record may say
// otherwise, and counts.
func RecordOwner(subject string) (certs.OwnerID, error) {
	f := strings.Split(subject, ".")
	if len(f) != 6 || f[0] != "bind" || f[1] != "rec" {
		return certs.OwnerID{}, fmt.Errorf("parse subject %.160q: not a record's", subject)
	}
	return certs.ParseKeyID(f[2])
}

// OwnerPrefix begins the subjects of an owner's records.
func OwnerPrefix(o certs.OwnerID) string { return "bind.rec." + o.String() + "." }

// OwnSubject points to the newest claim of a device by an owner.
func OwnSubject(o certs.OwnerID, d certs.DeviceID) string { return OwnFilter(o) + d.String() }

// OwnFilter begins the subjects of OwnSubject.
func OwnFilter(o certs.OwnerID) string { return "bind.own." + o.String() + "." }

// OwnersFilter is the subjects of OwnSubject for a device: one for each owner who ever claimed it.
func OwnersFilter(d certs.DeviceID) string { return "bind.own.*." + d.String() }

// OwnerOf returns the owner that a subject of OwnSubject's form names.
func OwnerOf(subject string) (certs.OwnerID, error) {
	f := strings.Split(subject, ".")
	if len(f) != 4 || f[0] != "bind" || f[1] != "own" {
		return certs.OwnerID{}, fmt.Errorf("parse subject %.160q: not a claim's", subject)
	}
	return certs.ParseKeyID(f[2])
}

// ArrivedSubject is where it is told, to whoever listens, that a clip part of an owner's record was uploaded.
func ArrivedSubject(o certs.OwnerID) string { return "arrived." + o.String() }

// OwnershipSubject is where it is told, to whoever listens, that the ledger entry of a device has changed, once for each
// owner who has a part in it. Nothing is said but that: whoever hears it asks the ledger.
func OwnershipSubject(o certs.OwnerID, d certs.DeviceID) string {
	return "ownership." + o.String() + "." + d.String()
}

// OwnershipFilter is the subjects of OwnershipSubject for an owner.
func OwnershipFilter(o certs.OwnerID) string { return "ownership." + o.String() + ".*" }

// AllOwnership is the subjects of OwnershipSubject.
const AllOwnership = "ownership.>"

// OwnershipOf returns the owner and the device that a subject of OwnershipSubject's form names.
func OwnershipOf(subject string) (certs.OwnerID, certs.DeviceID, error) {
	f := strings.Split(subject, ".")
	if len(f) != 3 || f[0] != "ownership" {
		return certs.OwnerID{}, certs.DeviceID{}, fmt.Errorf("parse subject %.160q: not of an ownership", subject)
	}
	o, err := certs.ParseKeyID(f[1])
	if err != nil {
		return certs.OwnerID{}, certs.DeviceID{}, err
	}
	d, err := certs.ParseDeviceID(f[2])
	return o, d, err
}
