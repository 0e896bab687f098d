package certs_test

import (
	"math"
	"strings"

	"signet/certs"
)

func (s *scene) badReceipts() {
	t, c := s.t, s.cam
	bad := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{0: uintOf(1), 1: bstr(c.ID[:]), 2: list(list(uintOf(1), uintOf(0), uintOf(9))), 3: list(), 4: uintOf(1772366400000)}
		m := message{protected: byChain(s.receipts.Cert), aad: "signet/v1 receipt", key: s.receipts.Key}
		change(&m, b)
		m.payload = b.encode()
		s.ofFleet("receipt", name, why, m.bytes(t))
	}
	set := func(k uint64, v []byte) func(*message, body) { return func(_ *message, b body) { b[k] = v } }
	bad("signed as a record", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 record" })
	bad("signed by a device", "the certificate is not for receipts", func(m *message, _ body) { m.protected, m.key = byChain(c.DeviceCert), c.DeviceKey })
	bad("of another fleet", "the certificate is not of this fleet", func(m *message, _ body) {
		m.protected = byChain(ok(s.stranger.IssueReceipts(&s.receipts.Key.PublicKey))(t))
	})
	bad("signed with a server's certificate", "the certificate is not for receipts", func(m *message, _ body) {
		m.protected = byChain(ok(s.fleet.IssueServer(&s.receipts.Key.PublicKey, []string{"cloud.example"}))(t))
	})
	bad("range backwards", "a range does not run backwards", set(2, list(list(uintOf(1), uintOf(9), uintOf(0)))))
	bad("range of boot 0", "boots count from 1", set(2, list(list(uintOf(0), uintOf(0), uintOf(0)))))
	bad("range of four", "a range has three parts", set(2, list(list(uintOf(1), uintOf(0), uintOf(0), uintOf(0)))))
	bad("ranges null", "null stands nowhere", set(2, []byte{0xf6}))
	bad("refusals null", "null stands nowhere", set(3, []byte{0xf6}))
	bad("refusal of boot 0", "boots count from 1", set(3, list(list(uintOf(0), uintOf(0), tstr("x")))))
	bad("refusal for a reason of 257 bytes", "a reason has at most 256 bytes", set(3, list(list(uintOf(1), uintOf(0), tstr(strings.Repeat("x", 257))))))
	bad("refusal with a control character", "text has no control characters", set(3, list(list(uintOf(1), uintOf(0), tstr("\x1b[2J")))))
	many := make([][]byte, certs.MaxReceiptEntries+1)
	for i := range many {
		many[i] = list(uintOf(1), uintOf(0), uintOf(0))
	}
	bad("257 ranges", "a receipt has at most 256 ranges", set(2, list(many...)))
	bad("spread of 0", "a spread is left out or not 0", set(5, uintOf(0)))
	bad("spread of more than an hour", "a spread is at most one hour", set(5, uintOf(3600001)))
	bad("time beyond 9999", "times end with the year 9999", set(4, uintOf(math.MaxUint64)))
	bad("unknown key", "a decoder refuses unknown keys", set(6, uintOf(1)))
}
