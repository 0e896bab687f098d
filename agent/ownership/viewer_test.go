package ownership

import (
	"testing"
	"time"

	"filippo.io/age"

	"signet/certs"
	"signet/certs/certstest"
)

// guest is a member of the family, with keys of his own.
type guest struct {
	certs.Viewer
	key      *certstest.Viewer
	identity *age.X25519Identity
}

func viewer(t testing.TB) *guest {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	k := certstest.NewViewer(t)
	return &guest{
		key: k, identity: id,
		Viewer: certs.Viewer{
			SPKI: k.SPKI, Scope: certs.ScopeClips | certs.ScopeLive, NotAfter: time.UnixMilli(253402300799999),
			Recipient: id.Recipient().String(), Since: 1,
		},
	}
}
