package certs

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Range names records of one boot; both ends inclusive.
type Range struct {
	_              struct{} `cbor:",toarray"`
	Boot, From, To uint64
}

// Refusal names a record that the cloud keeps in quarantine. It is not to be sent again.
type Refusal struct {
	_       struct{} `cbor:",toarray"`
	Boot, N uint64
	Reason  string
}

// Receipt is the cloud's word that records are stored and bound. Only a receipt lets a camera forget a record.
type Receipt struct {
	Device  DeviceID
	Bound   []Range
	Refused []Refusal
	At      time.Time     // by the cloud's clock; milliseconds
	Spread  time.Duration // wait up to this long before reconnecting; 0 for no wish; milliseconds
	Serial  *big.Int      // of the certificate that names its key, for a list of those that were revoked; ParseReceipt sets it
}

type receiptBody struct {
	Version uint64    `cbor:"0,keyasint"`
	Device  DeviceID  `cbor:"1,keyasint"`
	Bound   []Range   `cbor:"2,keyasint"`
	Refused []Refusal `cbor:"3,keyasint"`
	At      uint64    `cbor:"4,keyasint"`
	Spread  uint64    `cbor:"5,keyasint,omitempty"`
}

const (
	// MaxReceiptEntries bounds the ranges, and the refusals, of one receipt.
	MaxReceiptEntries = 256
	maxSpread         = time.Hour
)

// SignReceipt signs r with the receipt key that cert certifies. Reasons are made to fit: control characters are
// replaced, long ones are cut.
func SignReceipt(r *Receipt, cert []byte, key crypto.Signer) ([]byte, error) {
	body := receiptBody{formatVersion, r.Device, r.Bound, r.Refused, unixMs(r.At), uint64(r.Spread.Milliseconds())}
	if body.Bound == nil {
		body.Bound = []Range{}
	}
	body.Refused = make([]Refusal, len(r.Refused))
	for i, e := range r.Refused {
		e.Reason = fitText(e.Reason)
		body.Refused[i] = e
	}
	if err := body.check(); err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	if _, pub, err := parseCertificate(cert); err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	} else if !pub.Equal(key.Public()) {
		return nil, fmt.Errorf("sign receipt: %w", errOtherKey)
	}
	b, err := sign(forReceipt, byChain(cert), body, key, maxStatement)
	if err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	return b, nil
}

// ParseReceipt reads a receipt and verifies that a cloud of the fleet has signed it.
func ParseReceipt(b []byte, fleet *x509.Certificate) (*Receipt, error) {
	r, err := parseReceipt(b, fleet)
	if err != nil {
		return nil, fmt.Errorf("parse receipt: %w", err)
	}
	return r, nil
}

func parseReceipt(b []byte, fleet *x509.Certificate) (*Receipt, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	der, err := st.chain()
	if err != nil {
		return nil, err
	}
	cert, key, err := verifyReceiptCertificate(der, fleet)
	if err != nil {
		return nil, err
	}
	if err := st.verify(forReceipt, key); err != nil {
		return nil, err
	}
	var body receiptBody
	if err := st.body(&body); err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	at, err := timeOf(body.At)
	if err != nil {
		return nil, err
	}
	return &Receipt{body.Device, body.Bound, body.Refused, at, time.Duration(body.Spread) * time.Millisecond, cert.SerialNumber}, nil
}

func (b *receiptBody) check() error {
	switch {
	case b.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", b.Version)
	case b.Bound == nil || b.Refused == nil:
		return errors.New("no list")
	case len(b.Bound) > MaxReceiptEntries || len(b.Refused) > MaxReceiptEntries:
		return fmt.Errorf("more than %d entries", MaxReceiptEntries)
	case b.At > maxUnixMs:
		return errBeyond9999
	case b.Spread > uint64(maxSpread.Milliseconds()):
		return fmt.Errorf("spread is more than %v", maxSpread)
	}
	for _, r := range b.Bound {
		if r.Boot == 0 || r.To < r.From {
			return errors.New("not a range")
		}
	}
	for _, r := range b.Refused {
		if r.Boot == 0 {
			return errors.New("not a refusal")
		}
		if err := checkText(r.Reason); err != nil {
			return fmt.Errorf("refusal: %w", err)
		}
	}
	return nil
}
