package tpm

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// storageHandle is where the storage key stays, in the range of persistent objects that is the owner's (TCG registry of reserved
// handles, section 2.3.1). A key that were made anew for each command would cost the kernel's resource manager three more commands
// each time, for swapping it in and out: 19 for a signature instead of 9.
const storageHandle = tpm2.TPMHandle(0x81015367)

// storageTemplate is of the key that wraps the others: the TCG's for an ECC storage key. The same template gives the same key in
// the same TPM.
func storageTemplate() tpm2.TPM2BPublic { return tpm2.New2B(tpm2.ECCSRKTemplate) }

// openStorage finds the storage key, which is made the first time.
func (t *TPM) openStorage() error {
	rsp, err := tpm2.ReadPublic{ObjectHandle: storageHandle}.Execute(t.tpm)
	if errors.Is(err, tpm2.TPMRCHandle) {
		return t.makeStorage()
	}
	if err != nil {
		return err
	}
	if err := isStorage(rsp.OutPublic); err != nil {
		return fmt.Errorf("handle %#x: %w", uint32(storageHandle), err)
	}
	t.storage = tpm2.NamedHandle{Handle: storageHandle, Name: rsp.Name}
	return nil
}

// isStorage says whether a public area is of our template: what differs from one TPM to another is the point alone.
func isStorage(public tpm2.TPM2BPublic) error {
	p, err := public.Contents()
	if err != nil {
		return err
	}
	c := *p
	c.Unique = tpm2.ECCSRKTemplate.Unique
	if !bytes.Equal(tpm2.Marshal(c), tpm2.Marshal(tpm2.ECCSRKTemplate)) {
		return errors.New("holds somebody else's key")
	}
	return nil
}

func (t *TPM) makeStorage() (err error) {
	made, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: storageTemplate()}.Execute(t.tpm)
	if err != nil {
		return err
	}
	defer func() {
		_, e := tpm2.FlushContext{FlushHandle: made.ObjectHandle}.Execute(t.tpm)
		err = errors.Join(err, e)
	}()
	_, err = tpm2.EvictControl{
		Auth:             tpm2.TPMRHOwner,
		ObjectHandle:     &tpm2.NamedHandle{Handle: made.ObjectHandle, Name: made.Name},
		PersistentHandle: storageHandle,
	}.Execute(t.tpm)
	t.storage = tpm2.NamedHandle{Handle: storageHandle, Name: made.Name}
	return err
}
