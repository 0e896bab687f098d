package certs_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"crypto/x509"
	"runtime"
	"slices"
	"testing"
)

// Each of these tests is an attack on every kind of statement, and was seen to succeed with its defence removed. The attacker
// is whoever carries statements, a cloud for example: he has many good ones, and none of the keys. Where he has the key, as in
// the encodings of a body, he would like two parties to read the same bytes differently.

// Attacker: somebody who makes other bytes of a signed statement, so that its hash is another: what is known by its hash could
// be told twice, or a revoked, refused or seen one come back.
func TestAttackMalleableSignature(t *testing.T) {
	for kind, s := range everyStatement(t) {
		m := s.message(t, kind)
		m.highS = true
		if s.parse(m.bytes(t)) == nil {
			t.Errorf("%s: the other of the two signatures is taken", kind)
		}
	}
}

// Attacker: the same, by another encoding of the envelope, or of the body where he has the key.
func TestAttackOtherEncoding(t *testing.T) {
	for kind, s := range everyStatement(t) {
		payload := parts(t, s.raw).Payload
		inner := payload[1:] // of a map with fewer than 24 entries
		for name, change := range map[string]func(*message){
			"a length in more bytes than it needs": func(m *message) {
				m.around = func(p [][]byte) []byte {
					return list(p[0], p[1], append(longHead(2, uint64(len(payload)), 8), payload...), p[3])
				}
			},
			"an array of indefinite length": func(m *message) {
				m.around = func(p [][]byte) []byte { return slices.Concat([]byte{0x9f}, slices.Concat(p...), []byte{0xff}) }
			},
			"a payload in chunks": func(m *message) {
				m.around = func(p [][]byte) []byte {
					return list(p[0], p[1], slices.Concat([]byte{0x5f}, p[2], []byte{0xff}), p[3])
				}
			},
			"a tag of two bytes":             func(m *message) { m.tag = []byte{0xd8, 18} },
			"a byte that follows":            func(m *message) { m.around = func(p [][]byte) []byte { return append(list(p...), 0) } },
			"a body of indefinite length":    func(m *message) { m.payload = slices.Concat([]byte{0xbf}, inner, []byte{0xff}) },
			"a body with its length longer":  func(m *message) { m.payload = append([]byte{0xb8, payload[0] & 0x1f}, inner...) },
			"a body with a key twice":        func(m *message) { m.payload = slices.Concat([]byte{payload[0] + 1, 0, 1}, inner) },
			"a body with an unknown key":     func(m *message) { m.payload = slices.Concat([]byte{payload[0] + 1}, inner, []byte{0x18, 99, 0}) },
			"a body with a null":             func(m *message) { m.payload = slices.Concat([]byte{payload[0] + 1}, inner, []byte{0x18, 99, 0xf6}) },
			"a body with its keys reordered": func(m *message) { m.payload = slices.Concat(payload[:1], inner[2:], inner[:2]) },
			"a body that says its format by a float": func(m *message) {
				m.payload = slices.Concat(payload[:1], []byte{0, 0xf9, 0x3c, 0x00}, inner[2:])
			},
		} {
			m := s.message(t, kind)
			change(&m)
			if s.parse(m.bytes(t)) == nil {
				t.Errorf("%s: %s is read", kind, name)
			}
		}
	}
}

// Attacker: somebody who has the public key alone, and says what the algorithm is: none, another, a MAC whose key the public key
// would be, or ES256 where nothing protects the word.
func TestAttackAlgorithmConfusion(t *testing.T) {
	for kind, s := range everyStatement(t) {
		names := s.header[3:] // after the map's head and 1: -7
		algorithm := func(alg []byte) []byte { return slices.Concat([]byte{0xa2, 1}, alg, names) }
		if !bytes.Equal(algorithm(intOf(es256)), s.header) {
			t.Fatalf("%s: header %x", kind, s.header)
		}
		spki, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*message){
			"none":              func(m *message) { m.protected = algorithm(intOf(0)); m.signature = func([]byte) []byte { return nil } },
			"none, with ES256":  func(m *message) { m.signature = func([]byte) []byte { return nil } },
			"zeros, with ES256": func(m *message) { m.signature = func([]byte) []byte { return make([]byte, 64) } },
			"HMAC by the public key": func(m *message) {
				m.protected = algorithm(uintOf(7)) // HMAC 512/512
				m.signature = func([]byte) []byte {
					mac := hmac.New(sha512.New, spki)
					mac.Write(list(tstr("Signature1"), bstr(m.protected), bstr([]byte(m.aad)), bstr(m.payload)))
					return mac.Sum(nil)
				}
			},
			"EdDSA":                func(m *message) { m.protected = algorithm(intOf(-8)) },
			"ES384":                func(m *message) { m.protected = algorithm(intOf(-35)) },
			"ES256 over secp256k1": func(m *message) { m.protected = algorithm(intOf(-47)) },
			"a word":               func(m *message) { m.protected = algorithm(tstr("ES256")) },
			"unprotected": func(m *message) {
				m.protected, m.unprotected = append([]byte{0xa1}, names...), pairs(uintOf(1), intOf(es256))
			},
			"once more, unprotected":  func(m *message) { m.unprotected = pairs(uintOf(1), intOf(es256)) },
			"a key named unprotected": func(m *message) { m.unprotected = append([]byte{0xa1}, names...) },
			"a key named in two ways": func(m *message) { m.protected = named2(s.header) },
			"critical, as nobody says": func(m *message) {
				m.protected = slices.Concat([]byte{0xa3, 1}, intOf(es256), uintOf(2), list(uintOf(1)), names)
			},
		} {
			m := s.message(t, kind)
			change(&m)
			if s.parse(m.bytes(t)) == nil {
				t.Errorf("%s: taken with %s", kind, name)
			}
		}
	}
}

// named2 adds a key id, or the hash of a certificate, to a header that names its key otherwise.
func named2(header []byte) []byte {
	body := header[1:]
	if header[3] == 4 {
		return slices.Concat([]byte{0xa3}, body, uintOf(34), list(intOf(-16), bstr(make([]byte, 32))))
	}
	return slices.Concat([]byte{0xa3}, body[:2], uintOf(4), bstr(make([]byte, 32)), body[2:])
}

// Attacker: somebody who sends bytes that have the reader take memory, by saying that millions follow, by being megabytes, or by
// nesting until its stack is large. He may even have signed them.
func TestAttackOversizedAndDeeplyNested(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x81}, 60_000), 0)
	large := make([]byte, 4<<20)
	bad := map[string][]byte{
		"array of 2^60 items":  append([]byte{0xd2}, longHead(4, 1<<60, 8)...),
		"string of 2^60 bytes": slices.Concat([]byte{0xd2, 0x84}, longHead(2, 1<<60, 8)),
		"map of 2^60 pairs":    slices.Concat([]byte{0xd2, 0x84, 0x40}, longHead(5, 1<<60, 8)),
		"arrays 60,000 deep":   append([]byte{0xd2}, deep...),
		"tags 60,000 deep":     append(bytes.Repeat([]byte{0xd2}, 60_000), 0),
		"endless arrays":       append([]byte{0xd2}, bytes.Repeat([]byte{0x9f}, 60_000)...),
		"a large signature":    append([]byte{0xd2}, list(bstr(nil), []byte{0xa0}, bstr(nil), bstr(large))...),
	}
	for kind, s := range everyStatement(t) {
		m := s.message(t, kind)
		m.payload = deep
		bad["a signed body 60,000 deep"] = m.bytes(t)
		m.payload = pairs(uintOf(0), uintOf(1), uintOf(1), bstr(large))
		bad["a large signed body"] = m.bytes(t)
		for name, b := range bad {
			if n := taken(func() {
				if s.parse(b) == nil {
					t.Errorf("%s: %s is read", kind, name)
				}
			}); n > 1<<20 {
				t.Errorf("%s: %s takes %d bytes of memory", kind, name, n)
			}
		}
	}
}

// taken returns by how many bytes f lets heap and stacks grow.
func taken(f func()) (n uint64) {
	done := make(chan struct{})
	go func() { // its stack is small yet
		defer close(done)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		n = after.TotalAlloc - before.TotalAlloc
		if after.StackInuse > before.StackInuse {
			n += after.StackInuse - before.StackInuse
		}
	}()
	<-done
	return n
}
