package daemon

import (
	"os"
	"path/filepath"
	"testing"

	"signet/agent/ownership/ownershiptest"
	"signet/certs"
	"signet/uplink/spool"
)

// A part does not stay on flash when its record was refused before the agent ended.
func TestPartsOfRefusedRecordsGo(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	s, err := spool.Open(filepath.Join(rig.Dir, "spool"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	media := filepath.Join(rig.Dir, "media")
	if err := os.Mkdir(media, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, refused := range []bool{true, false} {
		pos, err := s.Append(spool.Urgent, func(spool.Position) (spool.Entry, error) { return spool.Entry{Record: []byte("record")}, nil })
		if err != nil {
			t.Fatal(err)
		}
		name := certs.HashOf([]byte("part")).String() + "." + certs.Position{Boot: pos.Boot, N: pos.N}.String()
		if err := os.WriteFile(filepath.Join(media, name), []byte("part"), 0o600); err != nil {
			t.Fatal(err)
		}
		if refused {
			if err := s.Refuse(pos, "malformed"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := New(config(rig, &stage{acts: []act{{}}}, &journal{}))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if st := d.media.Stats(); st.Parts != 1 || st.Refused != 1 {
		t.Errorf("stats: %+v", st)
	}
}
