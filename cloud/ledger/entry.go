package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"signet/certs"
)

// ErrCorrupt says that an entry is not what this package wrote about this device. Nothing passes it.
var ErrCorrupt = errors.New("ledger entry is corrupt")

// entry is how a Book is written down, after its SHA-256 in hexadecimal and a line end: what is signed shows by itself
// whether it was damaged, the times that this cloud notes do not. Every []byte is a signed statement, as it came.
type entry struct {
	Token  string       `json:"token"` // random, of one write: tells after a time-out whose write it was
	Epochs []entryEpoch `json:"epochs"`
}

type entryEpoch struct {
	Claims  [][]byte `json:"claims"` // claimed records: the one that began the epoch, then renewals
	Heard   int64    `json:"heard"`  // unix milliseconds, as all times here
	Bound   int64    `json:"bound,omitempty"`
	Forgot  bool     `json:"forgot,omitempty"`
	Closing *heard   `json:"closing,omitempty"`
	Release *heard   `json:"release,omitempty"`
	Lost    *heard   `json:"lost,omitempty"`
}

// heard is a statement and when it came.
type heard struct {
	Statement []byte `json:"statement"`
	At        int64  `json:"at"`
}

// Parse reads the entry of a device and verifies everything in it again. Its error wraps ErrCorrupt.
func (r Rules) Parse(device certs.DeviceID, b []byte) (*Book, error) {
	bk, _, err := r.parse(device, b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return bk, nil
}

func (r Rules) parse(device certs.DeviceID, b []byte) (*Book, string, error) {
	if len(b) > maxEntry {
		return nil, "", fmt.Errorf("%d bytes are more than %d", len(b), maxEntry)
	}
	sum, text, _ := bytes.Cut(b, []byte("\n"))
	if string(sum) != sumOf(text) {
		return nil, "", errors.New("not as it was written")
	}
	return r.read(device, text)
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// read is parse behind the sum.
func (r Rules) read(device certs.DeviceID, text []byte) (*Book, string, error) {
	var e entry
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return nil, "", err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, "", errors.New("something follows")
	}
	if len(e.Epochs) == 0 || len(e.Epochs) > maxEpochs {
		return nil, "", fmt.Errorf("%d epochs", len(e.Epochs))
	}
	bk := r.New(device)
	for i := range e.Epochs {
		k, err := r.readEpoch(device, &e.Epochs[i])
		if err != nil {
			return nil, "", err
		}
		if k.begin.offer.Epoch <= bk.highest() {
			return nil, "", errors.New("epochs do not ascend")
		}
		bk.epochs = append(bk.epochs, *k)
	}
	return bk, e.Token, nil
}

func (r Rules) readEpoch(device certs.DeviceID, e *entryEpoch) (*epoch, error) {
	if len(e.Claims) == 0 || len(e.Claims) > 1+maxRenewals {
		return nil, fmt.Errorf("%d claims of an epoch", len(e.Claims))
	}
	k := &epoch{forgot: e.Forgot, heard: timeOf(e.Heard), bound: timeOf(e.Bound)}
	for i, raw := range e.Claims {
		rec, err := certs.ParseRecord(raw)
		if err != nil {
			return nil, err
		}
		c, err := ParseClaim(rec, r.Fleet)
		if err != nil {
			return nil, err
		}
		switch renews := c.offer.Renews; {
		case c.offer.Device != device:
			return nil, errors.New("claim of another device")
		case (i > 0) != (renews != nil):
			return nil, errors.New("an epoch begins with a claim, and renewals follow")
		case i == 0:
			k.begin = c
			continue
		case !k.of(c.offer.Device, c.offer.Owner, c.offer.Epoch, *renews):
			return nil, errors.New("renewal of another epoch")
		case i > 1 && !k.renewals[i-2].at.Less(c.at):
			return nil, errors.New("renewals do not ascend")
		}
		k.renewals = append(k.renewals, c)
	}
	if e.Heard <= 0 {
		return nil, errors.New("a claim that was never heard of")
	}
	return k, r.readEnd(k, e)
}

// readEnd reads what was said about the end of an epoch.
func (r Rules) readEnd(k *epoch, e *entryEpoch) (err error) {
	if c := e.Closing; c != nil {
		if k.end, err = ParseEnd(c.Statement, r.Fleet, k.begin.owner); err != nil {
			return err
		}
		k.ended, k.release = timeOf(c.At), k.end.release
		if c := k.end.closing; !k.of(c.Device, c.Owner, c.Epoch, c.OfferHash) {
			return errors.New("closing of another epoch")
		}
	}
	if l := e.Release; l != nil {
		if k.release, err = certs.ParseRelease(l.Statement, k.begin.owner); err != nil {
			return err
		}
		k.let, k.letAt = l.Statement, timeOf(l.At)
		if r := k.release; !k.of(r.Device, r.Owner, r.Epoch, r.OfferHash) {
			return errors.New("release of another epoch")
		}
	}
	if l := e.Lost; l != nil {
		if k.lost, err = certs.ParseLost(l.Statement, k.begin.owner); err != nil {
			return err
		}
		k.mark, k.markAt = l.Statement, timeOf(l.At)
		if l := k.lost; !k.of(l.Device, l.Owner, l.Epoch, l.OfferHash) {
			return errors.New("lost mark of another epoch")
		}
	}
	return nil
}

func (b *Book) encode(token string) ([]byte, error) {
	e := entry{Token: token}
	for i := range b.epochs {
		k := &b.epochs[i]
		x := entryEpoch{Claims: [][]byte{k.begin.raw}, Heard: unixMs(k.heard), Bound: unixMs(k.bound), Forgot: k.forgot}
		for _, c := range k.renewals {
			x.Claims = append(x.Claims, c.raw)
		}
		if k.end != nil {
			x.Closing = &heard{k.end.raw, unixMs(k.ended)}
		}
		if k.let != nil {
			x.Release = &heard{k.let, unixMs(k.letAt)}
		}
		if k.lost != nil {
			x.Lost = &heard{k.mark, unixMs(k.markAt)}
		}
		e.Epochs = append(e.Epochs, x)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	out := append([]byte(sumOf(text)+"\n"), text...)
	if len(out) > maxEntry {
		return nil, fmt.Errorf("%d bytes are more than %d", len(out), maxEntry)
	}
	return out, nil
}

// size is at least what encode writes, bytes.
func (b *Book) size() int {
	n := 256
	for i := range b.epochs {
		e := &b.epochs[i]
		n += 384 + inBase64(e.begin.raw) + inBase64(e.let) + inBase64(e.mark)
		if e.end != nil {
			n += inBase64(e.end.raw)
		}
		for _, c := range e.renewals {
			n += inBase64(c.raw)
		}
	}
	return n
}

func inBase64(b []byte) int { return 4*((len(b)+2)/3) + 3 }

// timeOf is zero for 0.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func unixMs(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
