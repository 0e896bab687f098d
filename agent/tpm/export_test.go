package tpm

// Undefine makes the TPM forget the counter, as anybody with the camera in hand can.
func Undefine(t *TPM) error {
	const ccNVUndefineSpace = 0x122
	_, _, err := t.run(ccNVUndefineSpace, 1, []handle{rhOwner, index}, nil, 0)
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
