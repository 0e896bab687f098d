package home

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"filippo.io/age"

	"signet/certs"
)

// hybridFile holds the post-quantum picture key, as an age identity file. That it is there says that cameras are to seal to
// it.
const hybridFile = "picture-hybrid.key"

// MakeHybrid writes the owner's post-quantum picture key, which comes from the same seed: from then on new cameras seal to it
// and not to the other one.
func (d Dir) MakeHybrid(o *certs.Owner) error {
	id, err := o.Hybrid()
	if err != nil {
		return err
	}
	text := "# opens the pictures of Signet owner " + o.ID.String() + ", ML-KEM-768 with X25519\n" + id.String() + "\n"
	return certs.WriteFile(d.Path(hybridFile), []byte(text), 0o600)
}

// Hybrid says whether MakeHybrid was called for this folder.
func (d Dir) Hybrid() (bool, error) {
	_, err := os.Stat(d.Path(hybridFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", hybridFile, err)
	}
	_, err = certs.ReadSecret(d.Path(hybridFile))
	return err == nil, err
}

// Recipients returns to whom new cameras seal the owner's pictures. All are of one kind.
func (d Dir) Recipients(o *certs.Owner) ([]string, error) {
	hybrid, err := d.Hybrid()
	if err != nil || !hybrid {
		return []string{o.Recipient}, err
	}
	id, err := o.Hybrid()
	if err != nil {
		return nil, err
	}
	return []string{id.Recipient().String()}, nil
}

// Identities returns everything of the owner that opens pictures.
func Identities(o *certs.Owner) ([]age.Identity, error) {
	id, err := o.Hybrid()
	if err != nil {
		return nil, err
	}
	return []age.Identity{o.Identity, id}, nil
}
