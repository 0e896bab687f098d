package engine

import (
	"errors"
	"math/big"
	"slices"
	"sync"
	"time"

	"signet/certs"
)

// errRevoked refuses a connection.
var errRevoked = errors.New("its certificate was revoked")

const (
	// maxVisits bounds the connections that are remembered of one device: a newer one ends the older ones, so all but
	// the last few are over.
	maxVisits = 4
	// maxVisitors bounds the devices that are remembered; those that are connected are never forgotten.
	maxVisitors = 1 << 16
)

// visit is one connection of a device.
type visit struct {
	serial *big.Int // of its certificate
	client uint64   // the server's number of it
	since  time.Time
}

// doors remembers with which certificate each device came in. It may be used concurrently.
type doors struct {
	revoked func(*big.Int) bool

	mu      sync.Mutex
	devices map[certs.DeviceID][]visit // the newest last
}

func newDoors(revoked func(*big.Int) bool) *doors {
	return &doors{revoked: revoked, devices: map[certs.DeviceID][]visit{}}
}

// enter notes a connection, unless its certificate was revoked. That is asked under the lock: whoever comes in by the
// old list is there when the new one is looked through.
func (d *doors) enter(id certs.DeviceID, serial *big.Int, client uint64, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.revoked(serial) {
		return errRevoked
	}
	v := append(d.devices[id], visit{serial, client, now})
	if len(v) > maxVisits {
		v = slices.Clone(v[len(v)-maxVisits:])
	}
	d.devices[id] = v
	return nil
}

// expelled returns the connections whose certificate is revoked by now.
func (d *doors) expelled() map[uint64]certs.DeviceID {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[uint64]certs.DeviceID{}
	for id, visits := range d.devices {
		for _, v := range visits {
			if d.revoked(v.serial) {
				out[v.client] = id
			}
		}
	}
	return out
}

// with returns the serial number of the certificate with which a device was connected at a time, nil when it was not.
func (d *doors) with(id certs.DeviceID, at time.Time) *big.Int {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, v := range slices.Backward(d.devices[id]) {
		if !at.Before(v.since) {
			return v.serial
		}
	}
	return nil
}

// forget drops devices of which no connection is live, when there are too many.
func (d *doors) forget(live func(client uint64) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.devices) < maxVisitors {
		return
	}
	for id, visits := range d.devices {
		if !slices.ContainsFunc(visits, func(v visit) bool { return live(v.client) }) {
			delete(d.devices, id)
		}
	}
}

// Revoked says whether what a device sent, and reached this engine at a time, came on a connection whose certificate is
// revoked by now.
func (e *Engine) Revoked(id certs.DeviceID, received time.Time) bool {
	serial := e.doors.with(id, received)
	return serial != nil && e.cfg.Revoked(serial)
}

// connected says whether a connection is live.
func (e *Engine) connected(client uint64) bool { return e.srv.GetClient(client) != nil }

// Expel closes the connections whose certificate is revoked by now, and returns how many there were.
func (e *Engine) Expel() int {
	n := 0
	for client, id := range e.doors.expelled() {
		if e.srv.DisconnectClientByID(client) == nil { // else it is over anyway
			n++
			e.log.Warn("connection closed", "device", id, "err", errRevoked)
		}
	}
	return n
}
