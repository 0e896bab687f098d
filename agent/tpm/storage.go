package tpm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// storage is where the storage key stays, in the range of persistent objects that is the owner's (TCG registry of reserved
// handles, section 2.3.1). A key that were made anew for each command would cost the kernel's resource manager three more commands
// each time, for swapping it in and out: 19 for a signature instead of 9.
const storage = handle(0x81015367)

// area is a TPMT_PUBLIC of an ECC key on P-256 up to its point: type, hash of the name, attributes, no policy, parameters. The
// attributes in common: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA.
func area(attributes uint32, parameters ...uint16) []byte {
	const (
		algECC = 0x0023
		common = 0x00000472
	)
	var w writer
	w.u16(algECC)
	w.u16(algSHA256)
	w.u32(common | attributes)
	w.u16(0)
	for _, p := range parameters {
		w.u16(p)
	}
	return w
}

const (
	algAES  = 0x0006
	algNull = 0x0010
	algCFB  = 0x0043
	p256    = 0x0003

	restricted = 1 << 16
	decrypt    = 1 << 17
	sign       = 1 << 18
)

// storageArea is of the key that wraps the others: the TCG's template for an ECC storage key. The same template gives the same
// key in the same TPM.
func storageArea() []byte {
	return area(restricted|decrypt, algAES, 128, algCFB, algNull, p256, algNull)
}

// keyArea is of a key that signs digests of SHA-256 with ECDSA.
func keyArea() []byte { return area(sign, algNull, algECDSA, algSHA256, p256, algNull) }

// template is an area with a point, which the TPM replaces.
func template(area, coordinate []byte) []byte {
	w := writer(bytes.Clone(area))
	w.sized(coordinate)
	w.sized(coordinate)
	return w
}

// point returns the point of a public area that begins as it should.
func point(public, area []byte) (x, y []byte, err error) {
	rest, ok := bytes.CutPrefix(public, area)
	if !ok {
		return nil, nil, errors.New("a key of another kind")
	}
	r := &reader{b: rest}
	if x, y = r.sized(), r.sized(); r.bad || len(r.b) > 0 || len(x) > 32 || len(y) > 32 {
		return nil, nil, errors.New("no point of P-256")
	}
	return x, y, nil
}

// openStorage finds the storage key, which is made the first time.
func (t *TPM) openStorage() error {
	_, r, err := t.run(ccReadPublic, 0, []handle{storage}, nil, 0)
	if errors.Is(err, errNoHandle) {
		return t.makeStorage()
	}
	if err != nil {
		return err
	}
	if _, _, err := point(r.sized(), storageArea()); err != nil {
		return fmt.Errorf("handle %#x holds somebody else's: %w", uint32(storage), err)
	}
	return nil
}

func (t *TPM) makeStorage() (err error) {
	made, _, err := t.run(ccCreatePrimary, 1, []handle{rhOwner}, creation(template(storageArea(), make([]byte, 32))), 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.flush(made[0])) }()
	return t.persist(made[0])
}

// persist keeps a loaded object as the storage key.
func (t *TPM) persist(h handle) error {
	_, _, err := t.run(ccEvictControl, 1, []handle{rhOwner, h}, binary.BigEndian.AppendUint32(nil, uint32(storage)), 0)
	return err
}

// creation is the parameters of CreatePrimary and Create: nothing secret from outside, the template, no data, no PCR.
func creation(template []byte) (w writer) {
	w.sized([]byte{0, 0, 0, 0})
	w.sized(template)
	w.u16(0)
	w.u32(0)
	return w
}

// flush frees the slot of a loaded object.
func (t *TPM) flush(h handle) error {
	_, _, err := t.run(ccFlushContext, 0, []handle{h}, nil, 0)
	return err
}
