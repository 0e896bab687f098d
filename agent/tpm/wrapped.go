package tpm

import (
	"encoding/binary"
	"errors"
)

// wrapped is a key as it lies on the flash: two structures of the TPM's own, TPM2B_PUBLIC and TPM2B_PRIVATE without their
// lengths. Only the TPM that made it can use it.
type wrapped struct {
	Public  []byte
	Private []byte
}

// magic begins a file; the last byte is the format's version.
const magic = "SIGNET-TPM\x00\x01"

// maxWrapped bounds each of the two, in bytes; they have about 90 and 130.
const maxWrapped = 1024

var errWrapped = errors.New("not a key that a TPM has wrapped for this camera")

// encode returns the file: magic, then each part behind its length, 16 bits big-endian.
func (w wrapped) encode() ([]byte, error) {
	b := []byte(magic)
	for _, part := range [][]byte{w.Public, w.Private} {
		if len(part) == 0 || len(part) > maxWrapped {
			return nil, errWrapped
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(part))), part...)
	}
	return b, nil
}

// parseWrapped reads what encode wrote and nothing else.
func parseWrapped(b []byte) (w wrapped, err error) {
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return w, errWrapped
	}
	b = b[len(magic):]
	for _, part := range []*[]byte{&w.Public, &w.Private} {
		if len(b) < 2 {
			return w, errWrapped
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; n == 0 || n > maxWrapped || n > len(b) {
			return w, errWrapped
		}
		*part, b = b[:n:n], b[n:]
	}
	if len(b) != 0 {
		return w, errWrapped
	}
	return w, nil
}
