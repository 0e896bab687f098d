package certs

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
)

// KeyLevel says where a private key is kept. It stands in certificate requests and certificates as the subject's
// organizationalUnitName, so that whoever shows a certificate shows it too. In a device certificate it is the fleet's
// word, in an event certificate the camera's, passed on by the owner: neither proves it.
type KeyLevel string

// The levels. A key in a file is as safe as the file.
const (
	KeyInFile KeyLevel = "key in a file"
	KeyInTPM  KeyLevel = "key in a TPM 2.0"
)

func (l KeyLevel) known() bool { return l == KeyInFile || l == KeyInTPM }

var errNoLevel = errors.New("does not say where its key is kept")

var oidOrganizationalUnit = asn1.ObjectIdentifier{2, 5, 4, 11}

// levelOf reads the one organizationalUnitName of a subject.
func levelOf(subject pkix.Name) (KeyLevel, error) {
	var units []string
	for _, a := range subject.Names {
		if a.Type.Equal(oidOrganizationalUnit) {
			s, _ := a.Value.(string)
			units = append(units, s)
		}
	}
	if len(units) != 1 {
		return "", errNoLevel
	}
	if l := KeyLevel(units[0]); l.known() {
		return l, nil
	}
	return "", fmt.Errorf("%w: %.40q", errNoLevel, units[0])
}
