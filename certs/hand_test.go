package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"slices"
	"testing"

	"signet/certs"
)

// CBOR and COSE by hand: a second implementation, written from RFC 8949 and RFC 9052, that can also write what no
// encoder should. It is what the package is tested against.

// head encodes a major type and its argument in the shortest form.
func head(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return longHead(major, n, 1)
	case n < 1<<16:
		return longHead(major, n, 2)
	case n < 1<<32:
		return longHead(major, n, 4)
	}
	return longHead(major, n, 8)
}

// longHead encodes the argument in 1, 2, 4 or 8 bytes, whether it needs them or not.
func longHead(major byte, n uint64, width int) []byte {
	b := binary.BigEndian.AppendUint64(nil, n)
	return append([]byte{major<<5 | map[int]byte{1: 24, 2: 25, 4: 26, 8: 27}[width]}, b[8-width:]...)
}

func uintOf(n uint64) []byte { return head(0, n) }

func intOf(n int64) []byte {
	if n < 0 {
		return head(1, uint64(-1-n))
	}
	return head(0, uint64(n))
}

func bstr(b []byte) []byte { return append(head(2, uint64(len(b))), b...) }
func tstr(s string) []byte { return append(head(3, uint64(len(s))), s...) }

func list(items ...[]byte) []byte {
	return append(head(4, uint64(len(items))), slices.Concat(items...)...)
}

// body is a map with small integer keys and encoded values.
type body map[uint64][]byte

func (b body) encode() []byte {
	out := head(5, uint64(len(b)))
	for _, k := range b.keys() {
		out = append(append(out, uintOf(k)...), b[k]...)
	}
	return out
}

func (b body) keys() []uint64 {
	var keys []uint64
	for k := range b {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// pairs encodes the entries in the order given, keys and values in turn.
func pairs(kv ...[]byte) []byte { return append(head(5, uint64(len(kv)/2)), slices.Concat(kv...)...) }

// message is a COSE_Sign1 in its parts, each to be spoiled.
type message struct {
	tag         []byte // default: 18
	protected   []byte // inside of the byte string
	unprotected []byte // default: an empty map
	payload     []byte // inside of the byte string
	aad         string
	key         *ecdsa.PrivateKey
	highS       bool                        // the other signature
	signature   func([]byte) []byte         // changes the signature
	around      func(parts [][]byte) []byte // encodes the four parts; default: as an array
}

// bytes signs and encodes the message. The signature is deterministic (RFC 6979), so that a fuzzer's finding is found
// again.
func (m message) bytes(t testing.TB) []byte {
	t.Helper()
	if m.tag == nil {
		m.tag = []byte{0xd2}
	}
	if m.unprotected == nil {
		m.unprotected = []byte{0xa0}
	}
	tbs := list(tstr("Signature1"), bstr(m.protected), bstr([]byte(m.aad)), bstr(m.payload))
	digest := sha256.Sum256(tbs)
	der, err := m.key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		t.Fatal(err)
	}
	r, s, n := pair.R, pair.S, m.key.Params().N
	if s.Cmp(new(big.Int).Rsh(n, 1)) > 0 != m.highS {
		s.Sub(n, s)
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	if m.signature != nil {
		sig = m.signature(sig)
	}
	parts := [][]byte{bstr(m.protected), m.unprotected, bstr(m.payload), bstr(sig)}
	if m.around != nil {
		return append(m.tag, m.around(parts)...)
	}
	return append(m.tag, list(parts...)...)
}

const es256 = -7

func byX5T(cert *certs.EventCert) []byte {
	return pairs(uintOf(1), intOf(es256), uintOf(34), list(intOf(-16), bstr(cert.X5T[:])))
}
func byKid(k certs.KeyID) []byte { return pairs(uintOf(1), intOf(es256), uintOf(4), bstr(k[:])) }
func byChain(der []byte) []byte  { return pairs(uintOf(1), intOf(es256), uintOf(33), bstr(der)) }

func position(p certs.Position) []byte { return list(uintOf(p.Boot), uintOf(p.N)) }

// handRecord encodes a record's body, field by field, from record.cddl.
func handRecord(r *certs.Record) body {
	b := body{
		0: uintOf(1), 1: bstr(r.Device[:]), 2: bstr(r.Owner[:]), 3: uintOf(r.Epoch), 4: position(r.Position),
		5: bstr(r.BootID[:]), 6: uintOf(r.MonoMs), 7: list(uintOf(r.Wall.UnixMs), uintOf(uint64(r.Wall.Quality))),
		8: uintOf(uint64(r.Type)), 10: uintOf(r.PolicyVersion), 12: bstr(r.Firmware[:]),
	}
	if r.Event != nil {
		b[9] = bstr(r.Event[:])
	}
	if r.Media != nil {
		var items [][]byte
		for _, m := range r.Media {
			items = append(items, handMedia(m).encode())
		}
		b[11] = list(items...)
	}
	if r.Previous != nil {
		b[13] = position(*r.Previous)
	}
	if g := r.Gap; g != nil {
		b[14] = list(position(g.From), position(g.To), uintOf(uint64(g.Reason)))
	}
	if r.Chain != nil {
		b[15] = list(bstr(r.Chain[0]), bstr(r.Chain[1]))
	}
	if r.Offer != nil {
		b[16] = bstr(r.Offer)
	}
	if r.Closing != nil {
		b[17] = bstr(r.Closing)
	}
	return b
}

func handMedia(m certs.Media) body {
	b := body{1: uintOf(uint64(m.Kind)), 2: bstr(m.Hash[:]), 3: uintOf(m.Size), 4: tstr(m.MIME)}
	if m.Span != nil {
		b[5] = list(intOf(m.Span.From), intOf(m.Span.To))
	}
	if m.Index != nil {
		b[6] = uintOf(*m.Index)
	}
	return b
}

// handZone encodes a zone of n corners, left and right in turn.
func handZone(name string, watch bool, n int) []byte {
	var points [][]byte
	for i := range uint64(n) {
		points = append(points, list(uintOf(10000*(i%2)), uintOf(10000*i/uint64(n))))
	}
	return body{1: tstr(name), 2: {0xf4 + map[bool]byte{true: 1}[watch]}, 3: list(points...)}.encode()
}
