package certs

import (
	"errors"
	"strings"

	"filippo.io/age"
)

const bech32Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 encodes b as BIP 173 has it, which is how age writes keys. age exports no way from bytes to a key.
func bech32(hrp string, b []byte) string {
	var values []byte // of five bits
	acc, bits := 0, 0
	for _, v := range b {
		acc, bits = acc<<8|int(v), bits+8
		for ; bits >= 5; bits -= 5 {
			values = append(values, byte(acc>>(bits-5)&31))
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		values = append(values, byte(acc<<(5-bits)&31))
	}
	var check []byte
	for i := range hrp {
		check = append(check, hrp[i]>>5)
	}
	check = append(check, 0)
	for i := range hrp {
		check = append(check, hrp[i]&31)
	}
	check = append(append(check, values...), 0, 0, 0, 0, 0, 0)
	sum := uint32(1)
	for _, v := range check {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	sum ^= 1
	for i := range 6 {
		values = append(values, byte(sum>>(5*(5-i))&31))
	}
	out := []byte(hrp + "1")
	for _, v := range values {
		out = append(out, bech32Charset[v])
	}
	return string(out)
}

// X25519Recipient returns an X25519 public key as an age recipient, "age1...".
func X25519Recipient(key [32]byte) string { return bech32("age", key[:]) }

// X25519Public returns the public key of an age recipient of kind X25519, which is written in lower case.
func X25519Public(recipient string) ([32]byte, error) {
	var key [32]byte
	r, err := age.ParseX25519Recipient(recipient)
	if err != nil || r.String() != recipient {
		return key, errors.New("not an age recipient of kind X25519")
	}
	acc, bits, n := 0, 0, 0
	for _, c := range strings.TrimPrefix(recipient, "age1")[:52] { // age has verified the checksum that follows
		acc, bits = acc<<5|strings.IndexRune(bech32Charset, c), bits+5
		if bits >= 8 {
			bits -= 8
			key[n] = byte(acc >> bits)
			acc, n = acc&(1<<bits-1), n+1
		}
	}
	return key, nil
}
