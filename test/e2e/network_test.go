package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/certs"
	"signet/test/rig"
)

// TestCameraOnTheNetwork takes pictures over HTTP from a camera that wants a login and goes away for a while: the owner is
// told, and sees events before and after. What lets one in at that camera stands nowhere but where it was configured.
func TestCameraOnTheNetwork(t *testing.T) {
	t.Parallel()
	st := drawStage(t)
	cam := newNetcam(t, st)
	login := filepath.Join(t.TempDir(), "login")
	if err := os.WriteFile(login, []byte(cam.name+":"+cam.password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, rig.Config{Camera: cam.address(), Agent: fmt.Sprintf("login = %q\n%s[log]\nlevel = \"debug\"\n", login, quick)})
	anna := s.opensOwnPage("anna")
	s.awaitFrames(learning)
	anna.awaitEnded(anna.seesAWalk(st))
	if cam.refused.Load() == 0 {
		t.Error("the camera was never without its login: this proves nothing")
	}

	cam.goesAway()
	s.awaitRecord("tamper", 1)
	anna.await(patient, "a line says that the camera is gone", `document.querySelector('li.note[data-type=tamper]')?.innerText.includes("camera gone")`)
	s.await(t, patient, "the agent cannot connect", func() bool { return s.count("connection refused") > 0 })
	away := s.status(t)
	anna.shot("gone")
	cam.comesBack()
	s.awaitFrames(learning)
	anna.awaitEnded(anna.seesAWalk(st))
	anna.shot("back")
	anna.noneRefused()

	secrets := []string{cam.token, cam.password, cam.name}
	list, err := s.OwnerCommand(t.Context(), "list")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{
		"list": list, "status while it was away": away, "status": s.status(t), "records": s.opened(t),
		"page": eval[string](anna.browser, `document.documentElement.outerHTML`),
	}
	for what, text := range told {
		if !strings.Contains(text, cam.host) {
			t.Errorf("the %s: nothing of the camera's address, this proves nothing:\n%s", what, text)
		}
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the %s: %q stands in it:\n%s", what, secret, text)
			}
		}
	}
	if s.count(cam.host+"/video") == 0 {
		t.Error("nobody has said the camera's address: this proves nothing")
	}
	s.end()
	s.notKept(secrets[1:])
	s.notKept(secrets[:1], "signet.toml")
}

// opened returns all that an owner can open of what the camera has recorded, pictures and clips too.
func (s *site) opened(t *testing.T) string {
	t.Helper()
	owner, _ := s.owner()
	session := s.session(t, owner)
	var all strings.Builder
	for _, it := range session.Records("after=0&limit=500") {
		for _, m := range it.Parsed(t).Media {
			_, sealed := session.Do(http.MethodGet, fmt.Sprintf("/api/v1/records/%d/media/%s", it.Seq, m.Hash), nil)
			plain, err := certs.Open(sealed, certs.MaxPart, owner.Identity)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(plain)
		}
	}
	return all.String()
}

// status returns what the agent says of itself, both to people and to programs.
func (s *site) status(t *testing.T) (text string) {
	t.Helper()
	for _, args := range [][]string{nil, {"--json"}} {
		said, err := s.AgentCommand(t.Context(), "status", args...)
		if err != nil {
			t.Fatal(err)
		}
		text += said
	}
	return text
}
