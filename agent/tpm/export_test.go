package tpm

import "github.com/google/go-tpm/tpm2"

// Undefine makes the TPM forget the counter, as anybody with the camera in hand can.
func Undefine(t *TPM) error {
	nv, err := (&Counter{t}).public()
	if err != nil {
		return err
	}
	_, err = tpm2.NVUndefineSpace{AuthHandle: tpm2.TPMRHOwner, NVIndex: nv}.Execute(t.tpm)
	return err
}

// Rewrap reads a wrapped key and writes it again.
func Rewrap(b []byte) ([]byte, error) {
	w, err := parseWrapped(b)
	if err != nil {
		return nil, err
	}
	return w.encode()
}
