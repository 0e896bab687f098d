package command_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"signet/agent/command"
	"signet/certs"
	"signet/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"signet-agent": func() {
			os.Exit(command.Main(context.Background(), cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
		},
	})
}

// TestScripts runs the command line against fleets and owners that are real, but for having no program of their own here.
func TestScripts(t *testing.T) {
	mounts := sync.OnceValue(func() bool { // a small or read-only file system, in a namespace of its own
		return exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt").Run() == nil
	})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values["world"] = &world{fleets: map[string]*certs.Fleet{}}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "mount" && !mounts() {
				t.Log("no file system can be mounted here: what happens on a full or read-only one is not tried")
				return false, nil
			}
			return cond == "mount", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sign":      sign,
			"code":      code,
			"grant":     grant,
			"ca":        ca,
			"impostor":  impostor,
			"until":     until,
			"recording": recording,
			"events":    events,
			"cells":     cells,
			"damage":    damage,
			"join":      join,
		},
	})
}

// world is who else there is.
type world struct {
	fleets map[string]*certs.Fleet
	owner  *certs.Owner
	secret map[string][16]byte // of claim codes, by file
}

func (w *world) fleet(ts *testscript.TestScript, name string) *certs.Fleet {
	if w.fleets[name] == nil {
		f, err := certs.NewFleet(name)
		ts.Check(err)
		w.fleets[name] = f
	}
	return w.fleets[name]
}

func theWorld(ts *testscript.TestScript) *world { return ts.Value("world").(*world) }

// ca FLEET FILE writes a fleet's CA certificate.
func ca(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(certs.WriteCert(ts.MkAbs(args[1]), theWorld(ts).fleet(ts, args[0]).Cert.Raw))
}

// sign FLEET REQUEST CERTIFICATE is the fleet's CA.
func sign(ts *testscript.TestScript, _ bool, args []string) {
	block, _ := pem.Decode([]byte(ts.ReadFile(args[1])))
	if block == nil {
		ts.Fatalf("%s is no PEM", args[1])
	}
	r, err := certs.ParseRequest(block.Bytes)
	ts.Check(err)
	der, err := theWorld(ts).fleet(ts, args[0]).IssueDevice(r.Key, r.Device, r.Level)
	ts.Check(err)
	ts.Check(certs.WriteCert(ts.MkAbs(args[2]), der))
}

// code FILE [FOR] is an owner who makes a claim code, good for a minute or as long as FOR says.
func code(ts *testscript.TestScript, _ bool, args []string) {
	w, good := theWorld(ts), time.Minute
	if len(args) > 1 {
		var err error
		good, err = time.ParseDuration(args[1])
		ts.Check(err)
	}
	if w.owner == nil {
		o, err := certs.NewOwner()
		ts.Check(err)
		w.owner, w.secret = o, map[string][16]byte{}
	}
	c := certs.NewClaimCode(w.owner, time.Now().Add(good))
	w.secret[args[0]] = c.Secret
	text, err := c.Text()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text+"\n"), 0o600))
	ts.Setenv("OWNER", w.owner.ID.String())
}

// grant FLEET CODE OFFER GRANT is the owner who accepts an offer to a code.
func grant(ts *testscript.TestScript, _ bool, args []string) {
	w := theWorld(ts)
	m, err := certs.ParseOfferMessage([]byte(ts.ReadFile(args[2])))
	ts.Check(err)
	ts.Check(m.Proves(w.secret[args[1]]))
	offer, err := m.ParseOffer(w.fleet(ts, args[0]).Cert)
	ts.Check(err)
	g, err := w.owner.Grant(offer, certs.Policy{Recipients: []string{w.owner.Recipient}})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), g, 0o600))
}

// impostor FLEET NAME listens as a cloud of that fleet does, and puts its address into NAME.
func impostor(ts *testscript.TestScript, _ bool, args []string) {
	key, err := certs.NewKey()
	ts.Check(err)
	der, err := theWorld(ts).fleet(ts, args[0]).IssueServer(&key.PublicKey, []string{"127.0.0.1"})
	ts.Check(err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func(c net.Conn) {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(5 * time.Second))
				_ = c.(*tls.Conn).Handshake() // which the camera ends
			}(c)
		}
	}()
	ts.Setenv(args[1], l.Addr().String())
}

// until REGEXP PROGRAM ARGS... runs a program again and again until its output matches.
func until(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no %q within 20 s: %v\n%s%s", args[0], err, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
	}
}

// recording FILE N writes the first N of 200 frames of a generated scene; a person walks through from about frame 80 to 150.
func recording(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	frames, err := film()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Join(frames[:n], nil), 0o600))
}
