package command

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liyue201/goqr"

	"signet/certs"
	"signet/certs/certstest"
	"signet/internal/cli"
	"signet/owner/home"
	"signet/owner/ownertest"
)

// lensClaim runs claim --show until its code is on the terminal, and returns the code as a camera reads it there.
func lensClaim(t *testing.T, answer string) (cloud *ownertest.Cloud, o *certs.Owner, code *certs.ClaimCode, end func() (int, string)) {
	t.Helper()
	cloud = ownertest.NewCloud(t)
	dir := home.Dir(filepath.Join(t.TempDir(), "owner"))
	o, err := dir.Create()
	must(t, err)
	must(t, dir.Remember(&home.Cloud{URL: cloud.URL, CA: cloud.CA}))
	t.Chdir(t.TempDir())
	r, w := io.Pipe()
	var stderr bytes.Buffer
	env := cli.Env{Stdin: strings.NewReader(answer), Stdout: w, Stderr: &stderr}
	exit := make(chan int, 1)
	go func() {
		exit <- Main(t.Context(), env, Parts{}, []string{"claim", "--show", "--dir", string(dir), "--name", "Door"})
		w.Close()
	}()
	var out bytes.Buffer
	for b := make([]byte, 4096); !strings.Contains(out.String(), "Hold this"); {
		n, err := r.Read(b)
		out.Write(b[:n])
		if err != nil {
			t.Fatalf("no code: %s%s", out.String(), stderr.String())
		}
	}
	if code, err = certs.ParseClaimCode(seen(t, out.String())); err != nil {
		t.Fatal(err)
	}
	if code.Owner != o.ID || !code.FitsFleet(cloud.CA) || code.Fleet == nil {
		t.Errorf("code %v", code)
	}
	return cloud, o, code, func() (int, string) {
		rest, _ := io.ReadAll(r)
		return <-exit, string(rest) + stderr.String()
	}
}

// seen reads the QR code of a terminal with another library than the one that drew it.
func seen(t *testing.T, screen string) string {
	t.Helper()
	const scale = 4
	var rows [][]rune
	for line := range strings.Lines(screen) {
		if rest, ok := strings.CutPrefix(line, "\x1b[30;107m"); ok {
			rows = append(rows, []rune(strings.TrimSuffix(rest, "\x1b[0m\n")))
		}
	}
	img := image.NewGray(image.Rect(0, 0, scale*len(rows[0]), 2*scale*len(rows)))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			c, upper := rows[y/(2*scale)][x/scale], y/scale%2 == 0
			if c != '█' && !(c == '▀' && upper) && !(c == '▄' && !upper) {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	found, err := goqr.Recognize(img)
	must(t, err)
	return string(found[0].Payload)
}

func TestClaimThroughTheLens(t *testing.T) {
	cloud, o, code, end := lensClaim(t, "y\n")
	cam := certstest.NewCamera(t, cloud.Fleet)
	sealer, err := certs.NewSealer([]string{code.Recipient()})
	must(t, err)
	view, err := sealer.Seal([]byte("\xff\xd8 a picture \xff\xd9"))
	must(t, err)
	other := certs.NewClaimCode(o, time.Now().Add(time.Minute))
	cloud.Offer(certstest.NewCamera(t, cloud.Fleet).MakeOffer(t, other, nil).Message) // has not seen this code
	p := cam.MakeOffer(t, code, view)
	cloud.Offer(p.Message)
	cloud.Offer(p.Message) // once more, as cameras do
	exit, said := end()
	if exit != 0 || !strings.Contains(said, "camera "+cam.ID.String()+", epoch 1, is yours") {
		t.Fatalf("exit %d: %s", exit, said)
	}
	grants := cloud.Posted("grants")
	if len(grants) != 1 {
		t.Fatalf("%d grants", len(grants))
	}
	cam.Accept(t, p, grants[0])
	name := "view-" + cam.ID.String()[:8] + ".jpg"
	if b, err := os.ReadFile(name); err != nil || string(b) != "\xff\xd8 a picture \xff\xd9" {
		t.Errorf("view: %q, %v", b, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("view: %v, %v", info.Mode(), err)
	}
}

// Attacker: somebody who has photographed the code and holds it before another camera.
func TestTwoCamerasEndTheClaim(t *testing.T) {
	cloud, _, code, end := lensClaim(t, "y\n")
	for range 2 {
		cloud.Offer(certstest.NewCamera(t, cloud.Fleet).MakeOffer(t, code, nil).Message)
	}
	exit, said := end()
	if exit != 1 || !strings.Contains(said, errTwoCameras.Error()) || len(cloud.Posted("grants")) != 0 {
		t.Errorf("exit %d, %d grants: %s", exit, len(cloud.Posted("grants")), said)
	}
}

// Attacker: a cloud that answers with a camera of its own, of another fleet.
func TestNotMyCamera(t *testing.T) {
	cloud, _, code, end := lensClaim(t, "n\n")
	cloud.Offer(certstest.NewCamera(t, certstest.NewFleet(t)).MakeOffer(t, code, nil).Message)
	cloud.Offer(certstest.NewCamera(t, cloud.Fleet).MakeOffer(t, code, nil).Message)
	exit, said := end()
	if exit != 1 || !strings.Contains(said, "not accepted") || len(cloud.Posted("grants")) != 0 {
		t.Errorf("exit %d, %d grants: %s", exit, len(cloud.Posted("grants")), said)
	}
}
