package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"math"
	"strings"

	"filippo.io/age"

	"signet/certs"
	"signet/certs/certstest"
)

// badSessions spoils log-ins, viewer requests and viewer answers.
func (s *scene) badSessions() {
	t, c := s.t, s.cam
	ownerKey := s.owner.Key.(*ecdsa.PrivateKey)
	login := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{0: uintOf(1), 1: bstr(s.owner.ID[:]), 2: bstr(make([]byte, 32)), 3: tstr("https://cloud.example"), 4: bstr(s.owner.SPKI), 5: bstr(make([]byte, 32))}
		m := message{protected: byKid(s.owner.ID), aad: "signet/v1 log-in", key: ownerKey}
		change(&m, b)
		m.payload = b.encode()
		s.ofOwner("log-in", name, why, m.bytes(t))
	}
	set := func(k uint64, v []byte) func(*message, body) { return func(_ *message, b body) { b[k] = v } }
	login("signed as a viewer request", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 viewer-request" })
	login("with another's key", "the key is not the owner's", func(m *message, b body) { b[4], m.key = bstr(s.viewer.SPKI), s.viewer.Key })
	login("with another's key and kid", "the key is not the owner's", func(m *message, b body) {
		b[4], m.key, m.protected = bstr(s.viewer.SPKI), s.viewer.Key, byKid(s.viewer.ID)
	})
	login("with another's kid", "the header names another key", func(m *message, _ body) { m.protected = byKid(s.viewer.ID) })
	login("signed by another", "the signature does not verify", func(m *message, _ body) { m.key = s.viewer.Key })
	login("in the name of another owner", "the key is not the owner's", set(1, bstr(s.other.ID[:])))
	login("with nonce of 31 bytes", "a nonce has 32 bytes", set(2, bstr(make([]byte, 31))))
	login("with an origin of 257 bytes", "an origin has at most 256 bytes", set(3, tstr(strings.Repeat("x", 257))))
	login("with a line end in the origin", "an origin is printable ASCII", set(3, tstr("https://cloud.example\n")))
	login("without an origin", "an origin is not empty", set(3, tstr("")))
	login("with key null", "null stands nowhere", set(4, []byte{0xf6}))
	login("without a cloud", "key 5 is missing", func(_ *message, b body) { delete(b, 5) })
	login("with a cloud of 31 bytes", "a hash has 32 bytes", set(5, bstr(make([]byte, 31))))
	login("with cloud null", "null stands nowhere", set(5, []byte{0xf6}))
	login("with a key and more bytes", "a key has one encoding", set(4, bstr(append(bytes.Clone(s.owner.SPKI), 0))))

	sdp := "v=0\r\n"
	request := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{0: uintOf(1), 1: bstr(c.ID[:]), 2: uintOf(2), 3: bstr(make([]byte, 16)), 4: uintOf(1772366400000), 5: tstr(sdp), 6: bstr(make([]byte, 32)), 7: bstr(s.viewer.SPKI), 8: uintOf(0)}
		m := message{protected: byKid(s.viewer.ID), aad: "signet/v1 viewer-request", key: s.viewer.Key}
		change(&m, b)
		m.payload = b.encode()
		s.alone("viewer-request", name, why, m.bytes(t))
	}
	request("signed as a log-in", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 log-in" })
	request("signed by another", "the signature does not verify", func(m *message, _ body) { m.key = ownerKey })
	request("with another's kid", "the header names another key", func(m *message, _ body) { m.protected = byKid(s.owner.ID) })
	request("of epoch 0", "epochs count from 1", set(2, uintOf(0)))
	request("beyond 9999", "times end with the year 9999", set(4, uintOf(math.MaxUint64)))
	request("with an SDP of 16385 bytes", "an SDP has at most 16384 bytes", set(5, tstr(strings.Repeat("x", certs.MaxSDP+1))))
	request("without an SDP", "an SDP is not empty", set(5, tstr("")))
	request("with an SDP that is not UTF-8", "text is UTF-8", set(5, tstr("v=0\xff")))
	request("with fingerprint null", "null stands nowhere", set(6, []byte{0xf6}))
	request("for camera 8", "cameras are numbered from 0 to 7", set(8, uintOf(8)))
	request("for camera null", "null stands nowhere", set(8, []byte{0xf6}))
	request("for no camera", "key 8 is missing", func(_ *message, b body) { delete(b, 8) })
	request("with an unknown key", "a decoder refuses unknown keys", set(9, uintOf(1)))

	answer := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{0: uintOf(1), 1: bstr(c.ID[:]), 2: uintOf(2), 3: bstr(make([]byte, 16)), 4: bstr(make([]byte, 32)), 5: tstr(sdp), 6: bstr(make([]byte, 32))}
		m := message{protected: byX5T(c.Cert), aad: "signet/v1 viewer-answer", key: c.EventKey}
		change(&m, b)
		m.payload = b.encode()
		s.add(s.about(vector{Kind: "viewer-answer", Name: name, Why: why}), m.bytes(t))
	}
	answer("signed as a record", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 record" })
	answer("of a sibling", "signed with another certificate", func(m *message, _ body) { m.protected, m.key = byX5T(s.sibling.Cert), s.sibling.EventKey })
	answer("that names a sibling's certificate", "the certificate is not the one that it names", func(m *message, _ body) { m.protected = byX5T(s.sibling.Cert) })
	answer("for another device", "the certificate is of another device", set(1, bstr(s.sibling.ID[:])))
	answer("for another epoch", "the certificate is of another epoch", set(2, uintOf(1)))
	answer("that says yes and no", "an answer is an SDP or a refusal", set(7, tstr("no")))
	answer("that says nothing", "an answer is an SDP or a refusal", func(_ *message, b body) { delete(b, 5); delete(b, 6) })
	answer("without fingerprint", "an SDP comes with its fingerprint", func(_ *message, b body) { delete(b, 6) })
	answer("with an empty refusal", "an answer is an SDP or a refusal", func(_ *message, b body) { delete(b, 5); delete(b, 6); b[7] = tstr("") })
	answer("with a control character in the refusal", "text has no control characters", func(_ *message, b body) { delete(b, 5); delete(b, 6); b[7] = tstr("no\x07") })
}

func (s *scene) badFacts() {
	id := certs.NewEventID(certstest.Time)
	bad := func(name, why string, k uint64, v []byte) {
		s.t.Helper()
		s.alone("facts", name, why, body{0: uintOf(1), 1: bstr(s.cam.ID[:]), k: v}.encode())
	}
	bad("of format 2", "the format is 1", 0, uintOf(2))
	bad("with event id of 15 bytes", "an event id has 16 bytes", 2, bstr(id[:15]))
	bad("with event null", "null stands nowhere", 2, []byte{0xf6})
	bad("with score 1001", "a score is at most 1000", 3, uintOf(1001))
	bad("with score as float", "a score is an integer", 3, []byte{0xf9, 0x3c, 0})
	bad("with empty reason", "a reason is left out or not empty", 4, tstr(""))
	bad("with a reason of 257 bytes", "text has at most 256 bytes", 4, tstr(strings.Repeat("x", 257)))
	bad("with an escape sequence in the reason", "text has no control characters", 4, tstr("\x1b]0;x\x07"))
	bad("with a line end in the zone", "text has no control characters", 6, tstr("door\nwindow"))
	bad("with a reason that is not UTF-8", "text is UTF-8", 4, tstr("\xc3\x28"))
	bad("with a surrogate in the reason", "text is UTF-8", 4, tstr("\xed\xa0\x80"))
	bad("with no boxes, said so", "a list of boxes is left out or not empty", 5, list())
	bad("with boxes null", "null stands nowhere", 5, []byte{0xf6})
	box := func(at int64, x, y, w, h uint64) []byte {
		return list(intOf(at), uintOf(x), uintOf(y), uintOf(w), uintOf(h))
	}
	many := make([][]byte, 65)
	for i := range many {
		many[i] = box(0, 0, 0, 1, 1)
	}
	bad("with 65 boxes", "there are at most 64 boxes", 5, list(many...))
	bad("with a box too wide", "a box lies within the picture", 5, list(box(0, 1, 0, 10000, 1)))
	bad("with a box too high", "a box lies within the picture", 5, list(box(0, 0, 1, 1, 10000)))
	bad("with a box whose width overflows", "a box lies within the picture", 5, list(box(0, 1, 0, math.MaxUint64, 1)))
	bad("with a box whose height overflows", "a box lies within the picture", 5, list(box(0, 0, 10000, 1, math.MaxUint64-9999)))
	bad("with a box beyond a day", "times lie within a day of the start", 5, list(box(86400001, 0, 0, 1, 1)))
	bad("with a box of negative width", "sides are not negative", 5, list(list(intOf(0), uintOf(0), uintOf(0), intOf(-1), uintOf(1))))
	bad("with a box of four", "a box has five parts", 5, list(list(intOf(0), uintOf(0), uintOf(0), uintOf(1))))
	bad("with motion backwards", "a span does not run backwards", 8, list(intOf(1), intOf(0)))
	bad("with motion over all integers", "times lie within a day of the start", 8, list(intOf(math.MinInt64), intOf(math.MaxInt64)))
	camera := body{1: tstr("a"), 2: tstr("b"), 3: tstr("c"), 4: uintOf(1), 5: uintOf(1), 6: uintOf(1), 7: {0xf4}, 8: uintOf(0)}
	camera[9] = uintOf(1)
	bad("with an unknown key of the camera", "a decoder refuses unknown keys", 7, camera.encode())
	delete(camera, 9)
	camera[8] = uintOf(8)
	bad("of camera 8", "cameras are numbered from 0 to 7", 7, camera.encode())
	delete(camera, 8)
	bad("of a camera without a number", "key 8 of the camera is missing", 7, camera.encode())
	camera[8] = uintOf(0)
	delete(camera, 7)
	bad("that do not say whether the picture is generated", "key 7 of the camera is missing", 7, camera.encode())
	camera[7] = uintOf(1)
	bad("with generated an integer", "generated is true or false", 7, camera.encode())
	camera[7], camera[1] = []byte{0xf5}, tstr("\x00")
	bad("with a control character in the camera's name", "text has no control characters", 7, camera.encode())
	bad("with an unknown key", "a decoder refuses unknown keys", 9, uintOf(1))
	s.alone("facts", "nothing at all", "facts are a map", nil)
	s.alone("facts", "bytes after them", "nothing follows", append(body{0: uintOf(1), 1: bstr(s.cam.ID[:])}.encode(), 0))
}

func (s *scene) badSecrets() {
	t := s.t
	file := ok(s.cam.Sealer.Seal([]byte("what the camera saw")))(t)
	bad := func(name, why string, b []byte, id *age.X25519Identity) {
		t.Helper()
		s.add(vector{Kind: "age", Name: name, Why: why, Identity: id.String()}, b)
	}
	bad("with another identity", "sealed to somebody else", file, s.other.Identity)
	for name, i := range map[string]int{"last byte": len(file) - 1, "nonce": bytes.Index(file, []byte("\n---")) + 50, "header": 40} {
		b := bytes.Clone(file)
		b[i] ^= 1
		bad("flipped bit in the "+name, "the file was changed", b, s.owner.Identity)
	}
	bad("cut short", "the file ends early", file[:len(file)-1], s.owner.Identity)
	bad("with a byte after it", "nothing follows", append(bytes.Clone(file), 0), s.owner.Identity)
	bad("nothing", "there is no file", nil, s.owner.Identity)

	s.alone("seed", "of 31 bytes", "a seed has 32 bytes", make([]byte, 31))
}
