package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"
	"slices"
	"strconv"

	"signet/certs"
)

// badEnvelopes spoils what is around a good record.
func (s *scene) badEnvelopes() {
	good := handRecord(s.cam.Record(certs.Tamper))
	bad := func(name, why string, change func(m *message)) {
		s.t.Helper()
		m := s.message(good)
		change(&m)
		s.record(name, why, m.bytes(s.t))
	}
	bad("high s", "of (r, s) and (r, n-s) only the one with s <= n/2 is taken", func(m *message) { m.highS = true })
	bad("flipped bit in the signature", "the signature does not verify", func(m *message) {
		m.signature = func(b []byte) []byte { b[5] ^= 1; return b }
	})
	bad("signature of zeros", "the signature does not verify", func(m *message) { m.signature = func([]byte) []byte { return make([]byte, 64) } })
	bad("signature with r = 0", "the signature does not verify", func(m *message) { m.signature = func(b []byte) []byte { clear(b[:32]); return b } })
	bad("signature with s = 0", "the signature does not verify", func(m *message) { m.signature = func(b []byte) []byte { clear(b[32:]); return b } })
	bad("signature of 63 bytes", "a signature has 64 bytes", func(m *message) { m.signature = func(b []byte) []byte { return b[:63] } })
	bad("signature of 65 bytes", "a signature has 64 bytes", func(m *message) { m.signature = func(b []byte) []byte { return append(b, 0) } })
	bad("signature in DER", "a signature is r||s", func(m *message) {
		m.signature = func(b []byte) []byte {
			der, _ := asn1.Marshal([]*big.Int{new(big.Int).SetBytes(b[:32]), new(big.Int).SetBytes(b[32:])})
			return der
		}
	})
	bad("empty signature", "a signature has 64 bytes", func(m *message) { m.signature = func([]byte) []byte { return nil } })
	bad("flipped bit in the payload", "the signature does not verify", func(m *message) {
		m.around = func(p [][]byte) []byte { p[2][len(p[2])-1] ^= 1; return list(p...) }
	})
	bad("untagged", "a statement is tagged 18", func(m *message) { m.tag = []byte{} })
	bad("tagged as COSE_Sign", "a statement is tagged 18", func(m *message) { m.tag = []byte{0xd8, 98} })
	bad("tag in two bytes", "integers are encoded in their shortest form", func(m *message) { m.tag = []byte{0xd8, 18} })
	bad("tagged twice", "a statement is tagged once", func(m *message) { m.tag = []byte{0xd2, 0xd2} })
	bad("tagged as self-described CBOR", "a statement is tagged once", func(m *message) { m.tag = []byte{0xd9, 0xd9, 0xf7, 0xd2} })
	bad("self-described CBOR inside the tag", "a statement is tagged once", func(m *message) { m.tag = []byte{0xd2, 0xd9, 0xd9, 0xf7} })
	bad("algorithm unprotected", "the unprotected header is empty", func(m *message) {
		m.protected, m.unprotected = pairs(uintOf(34), list(intOf(-16), bstr(s.cam.Cert.X5T[:]))), pairs(uintOf(1), intOf(es256))
	})
	bad("key id unprotected", "the unprotected header is empty", func(m *message) { m.unprotected = pairs(uintOf(4), bstr([]byte("any"))) })
	bad("unprotected header null", "the unprotected header is an empty map", func(m *message) { m.unprotected = []byte{0xf6} })
	bad("unprotected header an array", "the unprotected header is an empty map", func(m *message) { m.unprotected = list() })
	bad("unprotected header of indefinite length", "lengths are definite", func(m *message) { m.unprotected = []byte{0xbf, 0xff} })
	for name, alg := range map[string][]byte{
		"ES384": intOf(-35), "EdDSA": intOf(-8), "ES256K": intOf(-47), "HMAC 256/256": uintOf(5), "none": uintOf(0), "ES256 as text": tstr("ES256"), "null": {0xf6},
	} {
		bad("algorithm "+name, "the algorithm is ES256", func(m *message) {
			m.protected = pairs(uintOf(1), alg, uintOf(34), list(intOf(-16), bstr(s.cam.Cert.X5T[:])))
		})
	}
	x5t := list(intOf(-16), bstr(s.cam.Cert.X5T[:]))
	alg := intOf(es256)
	bad("no algorithm", "the protected header names the algorithm", func(m *message) { m.protected = pairs(uintOf(34), x5t) })
	bad("kid instead of x5t", "a record names its key by x5t", func(m *message) { m.protected = byKid(s.cam.Cert.KeyID) })
	bad("kid beside x5t", "a record names its key by x5t alone", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(4), bstr(s.cam.Cert.KeyID[:]), uintOf(34), x5t)
	})
	bad("empty kid beside x5t", "a record names its key by x5t alone", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(4), bstr(nil), uintOf(34), x5t)
	})
	bad("null kid beside x5t", "a record names its key by x5t alone", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(4), []byte{0xf6}, uintOf(34), x5t)
	})
	bad("certificate instead of x5t", "a record names its key by x5t", func(m *message) { m.protected = byChain(s.cam.Cert.Raw) })
	bad("x5t of SHA-512", "x5t is of SHA-256", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(34), list(intOf(-44), bstr(s.cam.Cert.X5T[:])))
	})
	bad("x5t of 31 bytes", "a SHA-256 has 32 bytes", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(34), list(intOf(-16), bstr(s.cam.Cert.X5T[:31])))
	})
	bad("x5t of another certificate", "the certificate is not the one that the record names", func(m *message) { m.protected = byX5T(s.sibling.Cert) })
	bad("unknown header parameter", "a decoder refuses unknown keys", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(3), uintOf(0), uintOf(34), x5t)
	})
	bad("crit header", "a decoder refuses unknown keys", func(m *message) {
		m.protected = pairs(uintOf(1), alg, uintOf(2), list(uintOf(34)), uintOf(34), x5t)
	})
	bad("header keys unsorted", "map keys are sorted", func(m *message) { m.protected = pairs(uintOf(34), x5t, uintOf(1), alg) })
	bad("header keys twice", "map keys stand once", func(m *message) { m.protected = pairs(uintOf(1), alg, uintOf(1), alg, uintOf(34), x5t) })
	bad("empty protected header", "the protected header names the algorithm", func(m *message) { m.protected = nil })
	bad("bytes after the header's map", "nothing follows", func(m *message) { m.protected = append(m.protected, 0) })
	bad("protected header a map, not bytes", "the protected header is a byte string", func(m *message) {
		m.around = func(p [][]byte) []byte { return list(m.protected, p[1], p[2], p[3]) }
	})
	bad("payload null", "the payload is a byte string", func(m *message) {
		m.around = func(p [][]byte) []byte { return list(p[0], p[1], []byte{0xf6}, p[3]) }
	})
	bad("payload text", "the payload is a byte string", func(m *message) {
		m.around = func(p [][]byte) []byte { p[2][0] |= 0x20; return list(p...) }
	})
	bad("payload of indefinite length", "lengths are definite", func(m *message) {
		m.around = func(p [][]byte) []byte {
			return list(p[0], p[1], slices.Concat([]byte{0x5f}, p[2], []byte{0xff}), p[3])
		}
	})
	bad("payload's length in four bytes", "lengths are encoded in their shortest form", func(m *message) {
		m.around = func(p [][]byte) []byte {
			return list(p[0], p[1], append(longHead(2, uint64(len(m.payload)), 4), m.payload...), p[3])
		}
	})
	bad("array of indefinite length", "lengths are definite", func(m *message) {
		m.around = func(p [][]byte) []byte { return slices.Concat([]byte{0x9f}, slices.Concat(p...), []byte{0xff}) }
	})
	bad("array's length in one more byte", "lengths are encoded in their shortest form", func(m *message) {
		m.around = func(p [][]byte) []byte { return slices.Concat(longHead(4, 4, 1), slices.Concat(p...)) }
	})
	bad("five parts", "a COSE_Sign1 has four parts", func(m *message) {
		m.around = func(p [][]byte) []byte { return list(append(p, uintOf(0))...) }
	})
	bad("three parts", "a COSE_Sign1 has four parts", func(m *message) { m.around = func(p [][]byte) []byte { return list(p[:3]...) } })
	bad("a map, not an array", "a COSE_Sign1 is an array", func(m *message) {
		m.around = func(p [][]byte) []byte {
			return pairs(uintOf(0), p[0], uintOf(1), p[1], uintOf(2), p[2], uintOf(3), p[3])
		}
	})
	whole := s.message(good).bytes(s.t)
	s.record("byte after the statement", "nothing follows", append(bytes.Clone(whole), 0))
	s.record("statement twice", "nothing follows", append(bytes.Clone(whole), whole...))
	s.record("last byte missing", "the statement ends early", whole[:len(whole)-1])
	s.record("nothing", "there is no statement", nil)
	s.record("the tag alone", "the statement ends early", []byte{0xd2})
	s.record("length that is not there", "the statement ends early", []byte{0xd2, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	s.record("nested a thousand deep", "no statement nests so", append(append([]byte{0xd2}, bytes.Repeat([]byte{0x81}, 1000)...), 0))
	for _, aad := range []string{"", "signet/v1 offer", "signet/v1 policy", "signet/v1 viewer-answer", "signet/v2 record"} {
		bad("signed for "+strconv.Quote(aad), "signed for another purpose", func(m *message) { m.aad = aad })
	}
	bad("signed with the device key", "signed with another key", func(m *message) { m.key = s.cam.DeviceKey })
	bad("signed with the owner key", "signed with another key", func(m *message) { m.key = s.owner.Key.(*ecdsa.PrivateKey) })
	bad("signed by another camera of the owner", "signed with another key", func(m *message) { m.key = s.sibling.EventKey })
	bad("signed in the epoch before", "signed with another key", func(m *message) { m.key = s.beforeKey })
}
