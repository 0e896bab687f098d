package ownership

import (
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/age"

	"signet/certs"
)

// Names in the folder of an offer.
const (
	aboutFile    = "offer.json"
	settingsFile = "settings.key"
	messageFile  = "message"
	offerFile    = "offer.cose" // written last: without it there is no offer
	claimedFile  = "claimed"    // empty: the claimed record with this offer is in the spool
	grantFile    = "grant.cose"
	policyFile   = "policy.cose"
	renewal      = "renewal-" // and how many renewals it makes; in the folder owned
)

// about is what a camera notes of an offer that it made.
type about struct {
	Owner    string `json:"owner"`              // hex
	Epoch    uint64 `json:"epoch"`              //
	Key      string `json:"key,omitempty"`      // name of the event key in identity.Keys; empty: it is destroyed
	Until    int64  `json:"until,omitempty"`    // of the claim code, seconds since 1970
	Code     string `json:"code,omitempty"`     // SHA-256 of the claim code's secret, hex
	Renewals uint64 `json:"renewals,omitempty"` // that it makes, as policies count; 0: it is a claim
}

// offered is an offer that was made, in a folder with its keys.
type offered struct {
	about
	dir   string
	owner certs.OwnerID
	hash  certs.Hash // of offer
	offer []byte
}

// readOffered reads the offer in a folder. The error wraps fs.ErrNotExist where there is none, or a half one.
func readOffered(dir string) (*offered, error) {
	raw, err := certs.ReadFile(filepath.Join(dir, offerFile), maxFile)
	if err != nil {
		return nil, err
	}
	o := &offered{dir: dir, offer: raw, hash: certs.HashOf(raw)}
	if o.about, err = readAbout(dir); err != nil {
		return nil, err
	}
	if o.owner, err = certs.ParseKeyID(o.Owner); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, aboutFile), err)
	}
	return o, nil
}

func readAbout(dir string) (about, error) {
	var a about
	path := filepath.Join(dir, aboutFile)
	b, err := certs.ReadFile(path, maxFile)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("read %s: %w", path, err)
	}
	return a, nil
}

func (s *State) writeAbout(dir string, a about) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return s.disk.write(filepath.Join(dir, aboutFile), append(b, '\n'))
}

// settings returns the settings key of the offer.
func (o *offered) settings() (*age.X25519Identity, error) {
	path := filepath.Join(o.dir, settingsFile)
	b, err := certs.ReadSecret(path)
	if err != nil {
		return nil, err
	}
	id, err := age.ParseX25519Identity(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("read %s: not a key", path) // age's error may quote it
	}
	return id, nil
}

// make makes fresh keys and signs an offer of them, in a folder that does not exist yet. From its last step on there is an
// offer; what a power cut leaves before it is swept away by load. o comes without what is made here.
func (s *State) make(dir string, a about, o certs.Offer, message func(offer []byte) ([]byte, error)) ([]byte, error) {
	var id [8]byte
	rand.Read(id[:])
	a.Key, a.Epoch = "event-"+hex.EncodeToString(id[:]), o.Epoch
	if err := s.disk.mkdir(dir); err != nil {
		return nil, err
	}
	if err := s.writeAbout(dir, a); err != nil { // first, so that no key is ever without its name
		return nil, err
	}
	event, settings, err := s.makeKeys(dir, a.Key)
	if err != nil {
		return nil, err
	}
	o.Device = s.device.ID
	if o.CSR, err = certs.EventRequest(s.device.ID, event, s.device.Keys.Level()); err != nil {
		return nil, err
	}
	if o.Settings, err = certs.X25519Public(settings.Recipient().String()); err != nil {
		return nil, err
	}
	offer, err := certs.SignOffer(&o, s.device.Cert, s.device.Key)
	if err != nil {
		return nil, err
	}
	msg, err := message(offer)
	if err != nil {
		return nil, err
	}
	if err := s.disk.write(filepath.Join(dir, messageFile), msg); err != nil {
		return nil, err
	}
	return msg, s.disk.write(filepath.Join(dir, offerFile), offer)
}

func (s *State) makeKeys(dir, name string) (crypto.Signer, *age.X25519Identity, error) {
	event, err := s.device.Keys.New(name)
	if err != nil {
		return nil, nil, err
	}
	settings, err := certs.NewSettingsKey()
	if err != nil {
		return nil, nil, err
	}
	return event, settings, s.disk.write(filepath.Join(dir, settingsFile), []byte(settings.String()+"\n"))
}

// renewals lists the folders of renewals in force or offered, by number.
func (s *State) renewals() (map[uint64]string, error) {
	entries, err := os.ReadDir(s.path(ownedDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := map[uint64]string{}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), renewal)
		n, err := strconv.ParseUint(digits, 10, 64)
		if ok && err == nil && strconv.FormatUint(n, 10) == digits {
			found[n] = s.path(ownedDir, e.Name())
		}
	}
	return found, nil
}

// destroy makes the keys of an offer unusable and removes its folder and all in it, renewals too. It goes on after a failure:
// what can be destroyed is.
func (s *State) destroy(dir string) error {
	if !exists(dir) {
		return nil
	}
	all := []string{dir}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), renewal) {
			all = append(all, filepath.Join(dir, e.Name()))
		}
	}
	var errs error
	for _, d := range all {
		a, err := readAbout(d)
		switch {
		case errors.Is(err, fs.ErrNotExist): // nothing was made yet
		case err != nil: // damaged: whose name is lost that key signs nothing any more
		case a.Key != "":
			errs = errors.Join(errs, s.device.Keys.Destroy(a.Key))
		}
		errs = errors.Join(errs, s.disk.shred(filepath.Join(d, settingsFile)))
	}
	if errs != nil {
		return errs // the folder stays, so that it is tried again
	}
	return s.disk.clear(dir)
}
