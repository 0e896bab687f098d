package mail

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"signet/certs"
)

// A letter that is read is one that could have been written: it says the same when it is written down again.
func FuzzLetter(f *testing.F) {
	f.Add([]byte(`{"key":"AQ==","statement":"AgM="}`))
	f.Add([]byte(`{"statement":""}`))
	f.Add([]byte(`{"statement":"AgM=","other":1}`))
	f.Add([]byte(`{"statement":"AgM="}{}`))
	f.Add([]byte(strings.Repeat("[", 1000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLetter(b)
		if err != nil {
			return
		}
		if len(b) > maxLetter {
			t.Fatalf("%d bytes are read", len(b))
		}
		if _, err := l.ownerKey(certs.OwnerID{1}); err == nil {
			t.Error("a key has an id that nothing hashes to")
		}
		again, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		same, err := parseLetter(again)
		if err != nil || !bytes.Equal(same.Key, l.Key) || !bytes.Equal(same.Statement, l.Statement) {
			t.Errorf("%q becomes %q: %v", b, again, err)
		}
	})
}

// What subjects name is what stands in them, or nothing.
func FuzzSubjects(f *testing.F) {
	d, o := certs.DeviceID{1}, certs.OwnerID{2}
	f.Add(strings.TrimPrefix(letterSubject(d, o, grants), mailOf+d.String()+"."))
	f.Add(strings.TrimPrefix(viewSubject(o, d, o), viewOf+o.String()+"."))
	f.Add("")
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		if o, k, err := ownerAndKind(s); err == nil && letterSubject(d, o, k) != mailOf+d.String()+"."+strings.ToLower(s) {
			t.Errorf("%q is read as of %s, %s", s, o, k)
		}
		if at, err := deviceAndOwner(s); err == nil && viewSubject(o, at.device, at.owner) != viewOf+o.String()+"."+strings.ToLower(s) {
			t.Errorf("%q is read as %v", s, at)
		}
	})
}
