package command_test

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"signet/certs"
	"signet/cloud/command"
	"signet/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"signet-cloud": func() {
			os.Exit(command.Main(context.Background(), cli.Env{Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"request": request,
			"taken":   taken,
			"await":   await,
		},
	})
}

// request FILE [ID] writes a camera's request, of a new key.
func request(ts *testscript.TestScript, neg bool, args []string) {
	id := certs.NewDeviceID()
	if len(args) > 1 {
		var err error
		id, err = certs.ParseDeviceID(args[1])
		ts.Check(err)
	}
	key, err := certs.NewKey()
	ts.Check(err)
	der, err := certs.DeviceRequest(id, key, certs.KeyInFile)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pemRequest(der), 0o600))
}

// taken NAME listens on a port for the rest of the script and puts its address into NAME.
func taken(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// await DIR waits until the cloud of a state folder answers.
func await(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ts.Exec("signet-cloud", "status", "--dir", args[0]) == nil {
			return
		}
	}
	ts.Fatalf("the cloud of %s does not answer", args[0])
}

// An error that nobody foresaw is still one line.
func TestOneLine(t *testing.T) {
	var out strings.Builder
	if code := command.Main(t.Context(), cli.Env{Stdout: &out, Stderr: &out}, []string{"run", "--dir", "/no\nsuch"}); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "signet-cloud: ") && !strings.HasPrefix(line, "hint: ") {
			t.Errorf("line %q", line)
		}
	}
}
