package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"signet/capture/fmp4"
	"signet/certs"
	"signet/internal/cli"
	"signet/owner/home"
	"signet/owner/ownertest"
	"signet/owner/web"
)

func page(fleet *x509.Certificate) http.Handler { return web.Handler("owner", fleet) }

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"signet-owner": func() {
		parts := Parts{Page: page, Join: fmp4.Join}
		os.Exit(Main(context.Background(), cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, parts, os.Args[1:]))
	}})
}

// Each script finds, in its folder: owner/ (an owner), other/ (another one), ca.pem, and at $CLOUD a cloud that gives
// everybody everything: two events of the owner's camera, and what a confused cloud would add to them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { stage(t, env); return nil },
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"offer":   offer,
			"restart": func(ts *testscript.TestScript, _ bool, _ []string) { ts.Value("restart").(func())() },
			"mode":    mode,
			"opens":   opens,
			"flipbit": flipBit,
			"share": func(ts *testscript.TestScript, neg bool, args []string) {
				withCard(ts, neg, args, 1, "share", "--dir", "owner")
			},
			"release": func(ts *testscript.TestScript, neg bool, args []string) {
				withCard(ts, neg, []string{args[0], "--to", args[1]}, 2, "release", "--dir", "owner")
			},
			"join": func(ts *testscript.TestScript, neg bool, args []string) {
				withCard(ts, neg, args, 0, "join", "--dir", "owner", "--cloud", ts.Getenv("CLOUD"), "--ca", "ca.pem")
			},
			"posted":   posted,
			"words":    words,
			"joincard": joinCard,
			"opened":   opened,
		},
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func part(t testing.TB, i int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil))
	p, err := fmp4.Part{
		Track: fmp4.Track{Width: 64, Height: 48}, Sequence: uint32(i + 1), Start: time.Duration(i) * 2 * time.Second,
		Samples: []fmp4.Sample{{Duration: time.Second, Key: true, Data: b.Bytes()}, {Duration: time.Second, Key: true, Data: b.Bytes()}},
	}.Marshal()
	must(t, err)
	return p
}

func stage(t *testing.T, env *testscript.Env) {
	cloud := ownertest.NewCloud(t)
	owner, err := home.Dir(filepath.Join(env.WorkDir, "owner")).Create()
	must(t, err)
	other, err := home.Dir(filepath.Join(env.WorkDir, "other")).Create()
	must(t, err)
	must(t, certs.WriteCert(filepath.Join(env.WorkDir, "ca.pem"), cloud.CA.Raw))
	must(t, certs.WriteCert(filepath.Join(env.WorkDir, "foreignca.pem"), ownertest.NewCloud(t).CA.Raw))

	cam := ownertest.NewCamera(t, cloud.Fleet, owner, "front \x1b[31mdoor")
	foreign := ownertest.NewCamera(t, cloud.Fleet, other, "a stranger's bedroom")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cloud.Put(cam.Claimed(owner.ID), foreign.Claimed(other.ID))
	_, first := cam.Happen(owner.ID, at, 6*time.Second, "someone walks", 700, []byte("first picture"), part(t, 0), part(t, 1), part(t, 2))
	_, strange := foreign.Happen(other.ID, at, 6*time.Second, "undressing", 900, []byte("strange picture"), part(t, 0))
	_, usurped := foreign.Happen(owner.ID, at, 6*time.Second, "usurped", 900, []byte("usurped picture"))
	last, second := cam.Happen(owner.ID, at.Add(time.Minute), 4*time.Second, "something moved", 250, []byte("second picture"), part(t, 0), part(t, 1))
	cloud.Put(first...)
	cloud.Put(strange...)
	cloud.Put(usurped...)
	clear(second[2].Media) // the last part was not uploaded yet
	cloud.Put(second...)
	cloud.Put(ownertest.Delivery{Record: []byte("hello")})

	env.Values["restart"] = func() {
		_, left := cam.Happen(owner.ID, at.Add(time.Hour), 6*time.Second, "is cut off", 700, []byte("third picture"), part(t, 0), part(t, 1), part(t, 2))
		clear(left[3].Media) // the last part was not uploaded any more
		cloud.Put(left[0], left[1], left[3])
		cam.Restart()
		at := certs.Position{Boot: 1, N: 13} // of that last part
		cloud.Put(cam.Online(owner.ID), cam.Deliver(owner.ID, certs.Record{Type: certs.Gap, Gap: &certs.GapRange{From: at, To: at, Reason: certs.GapMediaDropped}}))
	}

	env.Values["cloud"] = cloud
	env.Values["joined"] = map[string]any{}
	env.Values["seed"] = owner.Seed()
	env.Setenv("DEVICE", cam.ID.String())
	env.Setenv("CLOUD", cloud.URL.String())
	env.Setenv("LAST", last.String())
	env.Setenv("OWNERID", owner.ID.String())
	env.Setenv("TZ", "UTC")
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
}

// withCard runs a command of which the argument at a place is in a file.
func withCard(ts *testscript.TestScript, neg bool, args []string, at int, command ...string) {
	args = append([]string(nil), args...)
	args[at] = strings.TrimSpace(ts.ReadFile(args[at]))
	name, flags := command[0], command[1:]
	err := ts.Exec("signet-owner", append(append([]string{name}, args...), flags...)...)
	if (err != nil) != neg {
		ts.Fatalf("%s: %v", name, err)
	}
}

// posted KIND N: the cloud was given N statements of a kind; the last one is in the file posted.
func posted(ts *testscript.TestScript, _ bool, args []string) {
	all := ts.Value("cloud").(*ownertest.Cloud).Posted(args[0])
	if got := strconv.Itoa(len(all)); got != args[1] {
		ts.Fatalf("%s %s were posted, not %s", got, args[0], args[1])
	}
	if len(all) > 0 {
		ts.Check(os.WriteFile(ts.MkAbs("posted"), all[len(all)-1], 0o600))
	}
}

// words FROM TO: takes the numbered words out of a sheet.
func words(ts *testscript.TestScript, _ bool, args []string) {
	var all []string
	for _, m := range regexp.MustCompile(`\s[0-9]{1,2} ([a-z]+)`).FindAllStringSubmatch(ts.ReadFile(args[0]), -1) {
		all = append(all, m[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(all, "\n")+"\n"), 0o600))
}

// joincard FILE: another device's card.
func joinCard(ts *testscript.TestScript, _ bool, args []string) {
	card, id, err := certs.NewJoinCard()
	ts.Check(err)
	text, err := card.Text()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text+"\n"), 0o600))
	ts.Value("joined").(map[string]any)["card"], ts.Value("joined").(map[string]any)["key"] = card, id
}

// opened: the other device opens the one answer to its card, and has the owner's seed.
func opened(ts *testscript.TestScript, _ bool, _ []string) {
	joined := ts.Value("joined").(map[string]any)
	all := ts.Value("cloud").(*ownertest.Cloud).Posted("join/" + joined["card"].(*certs.JoinCard).ID().String())
	if len(all) != 1 {
		ts.Fatalf("%d answers", len(all))
	}
	seed, err := certs.OpenJoinAnswer(all[0], joined["key"].(age.Identity))
	ts.Check(err)
	if seed != ts.Value("seed") {
		ts.Fatalf("another seed")
	}
}

// offer CODE FLEET OUT: a camera of a new fleet, whose certificate it writes, answers a claim code.
func offer(ts *testscript.TestScript, _ bool, args []string) {
	code, err := certs.ParseClaimCode(ts.ReadFile(args[0]))
	ts.Check(err)
	f, err := certs.NewFleet("fleet")
	ts.Check(err)
	ts.Check(certs.WriteCert(ts.MkAbs(args[1]), f.Cert.Raw))
	t := fatal{ts: ts}
	msg, _, _ := ownertest.Offer(t, f, code)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), msg, 0o644))
}

// fatal lets test helpers end a script.
type fatal struct {
	testing.TB
	ts *testscript.TestScript
}

func (f fatal) Helper()           {}
func (f fatal) Fatal(args ...any) { f.ts.Fatalf("%v", args) }

// mode FILE OCTAL
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := info.Mode().Perm().String(); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}

// opens FILE.age TEXT: the file opens with the owner's key and is the text.
func opens(ts *testscript.TestScript, _ bool, args []string) {
	o, err := certs.LoadOwner(ts.MkAbs("owner"))
	ts.Check(err)
	b, err := certs.Open([]byte(ts.ReadFile(args[0])), certs.MaxPart, o.Identity)
	ts.Check(err)
	if string(b) != args[1] {
		ts.Fatalf("%s holds %q", args[0], b)
	}
}

// flipbit FILE: changes the last byte.
func flipBit(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	b[len(b)-1] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o644))
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"front door": "front door", "Haustür": "Haustür",
		"a\x1b[31mb\r\nc\x00": "a[31mbc", "a\u009bb\u202ec": "abc", "a\xffb": "a?b",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int]string{0: "0 events", 1: "1 event", 2: "2 events"} {
		if got := plural(n, "event"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", 2500 * time.Millisecond: "3 s", time.Minute: "1 min", 72 * time.Second: "1 min 12 s",
		time.Hour - time.Millisecond: "1 h 0 min", 2*time.Hour + 5*time.Minute + 50*time.Second: "2 h 5 min",
	} {
		if got := length(d); got != want {
			t.Errorf("%v: %q, not %q", d, got, want)
		}
	}
}

// It says where the page is, once it can be opened, and ends cleanly. The code stands in the link and nowhere else.
func TestServe(t *testing.T) {
	cloud := ownertest.NewCloud(t)
	dir := home.Dir(filepath.Join(t.TempDir(), "owner"))
	_, err := dir.Create()
	must(t, err)
	must(t, dir.Remember(&home.Cloud{URL: cloud.URL, CA: cloud.CA}))
	r, w := io.Pipe()
	var stderr bytes.Buffer
	env := cli.Env{Stdout: w, Stderr: &stderr}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, env, Parts{Page: page}, []string{"serve", "--dir", string(dir), "--listen", "localhost:0", "--handover"})
		w.Close()
	}()
	out := bufio.NewScanner(r)
	out.Scan()
	link := regexp.MustCompile(`^your page: (http://localhost:[0-9]+/)#code=([A-Za-z0-9_-]{22})$`).FindStringSubmatch(out.Text())
	if link == nil {
		t.Fatalf("said %q", out.Text())
	}
	go io.Copy(io.Discard, r)
	resp, err := http.Get(link[1] + "config.json")
	must(t, err)
	defer resp.Body.Close()
	config, err := io.ReadAll(resp.Body)
	must(t, err)
	if want := certs.HashOf(cloud.CA.Raw).String(); resp.StatusCode != 200 || !strings.Contains(string(config), want) {
		t.Errorf("config.json: %s, %s does not name the cloud's CA %s", resp.Status, config, want)
	}
	cancel()
	if code := <-done; code != 0 || stderr.Len() != 0 {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}
