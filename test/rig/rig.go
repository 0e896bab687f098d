// Package rig sets up a whole Signet on one machine out of the shipped programs: a fleet CA, a cloud, a claimed
// camera and its owner, each in a folder of its own, and runs them as processes. make run shows it to people, the
// end-to-end tests use it to look and to break things.
package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"signet/certs"
)

// Config says where and with what.
type Config struct {
	Dir    string // state of everything; made if need be
	Bin    string // where the programs are
	Camera string // as in the agent's configuration; empty is auto
	FPS    string // pace of a recording; empty is as recorded
	MQTT   string // host:port that the cloud listens on for cameras
	HTTPS  string // host:port for owners and media
	Page   string // host:port of the owner's page
	Agent  string // TOML that is added to the agent's configuration
	Free   bool   // nobody owns the camera, and no owner is made: that is done by the owner's page
	Say    func(format string, a ...any)
	Line   func(from, line string) // output of the running programs
}

// Rig is a Signet on one machine.
type Rig struct {
	cfg   Config
	Cloud *Process
	Agent *Process
	Owner *Process
}

// New returns a rig that has done nothing yet.
func New(cfg Config) (*Rig, error) {
	var err error
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, err
	}
	if cfg.Bin, err = filepath.Abs(cfg.Bin); err != nil {
		return nil, err
	}
	if cfg.Say == nil {
		cfg.Say = func(string, ...any) {}
	}
	if cfg.Line == nil {
		cfg.Line = func(string, string) {}
	}
	return &Rig{cfg: cfg}, nil
}

// Path returns a path below the rig's folder.
func (r *Rig) Path(parts ...string) string {
	return filepath.Join(append([]string{r.cfg.Dir}, parts...)...)
}

func (r *Rig) program(name string) string { return filepath.Join(r.cfg.Bin, name) }

func (r *Rig) exists(parts ...string) bool {
	_, err := os.Stat(r.Path(parts...))
	return !errors.Is(err, fs.ErrNotExist)
}

// step is a part of setting up.
type step struct {
	name string
	done func() bool
	do   func(context.Context) error
}

// Setup makes what is not there yet: fleet CA, camera identity, owner, claim. What is there is left as it is.
func (r *Rig) Setup(ctx context.Context) error {
	if err := os.MkdirAll(r.cfg.Dir, 0o700); err != nil {
		return err
	}
	err := r.make(ctx,
		step{"fleet CA", func() bool { return r.exists("cloud", "fleet.pem") }, r.makeFleet},
		step{"camera identity, certified by the fleet", func() bool { return r.exists("camera", "device.pem") }, r.enrol})
	if err == nil && !r.cfg.Free {
		err = r.giveAway(ctx)
	}
	if err != nil {
		return err
	}
	return r.configure()
}

// giveAway makes an owner and gives the camera to it.
func (r *Rig) giveAway(ctx context.Context) error {
	err := r.make(ctx,
		step{"owner", func() bool { return r.exists("owner", "owner.seed") }, r.makeOwner},
		step{"claim: the camera names this owner from now on", func() bool { return r.exists("camera", "owned") }, r.claim})
	if err != nil {
		return err
	}
	return r.together()
}

func (r *Rig) make(ctx context.Context, steps ...step) error {
	for _, s := range steps {
		if s.done() {
			continue
		}
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.cfg.Say("made %s", s.name)
	}
	return nil
}

// together says whether the camera is this owner's: somebody may have removed one of the folders alone.
func (r *Rig) together() error {
	owner, err := certs.LoadOwner(r.Path("owner"))
	if err != nil {
		return err
	}
	b, err := os.ReadFile(r.Path("camera", "owned", "offer.json"))
	if err != nil {
		return err
	}
	var offer struct{ Owner string }
	if err := json.Unmarshal(b, &offer); err != nil {
		return err
	}
	if id := offer.Owner; id != owner.ID.String() {
		return fmt.Errorf("the camera in %s has another owner (%.8s) than the one in %s (%s)\nhint: remove %s to begin anew",
			r.Path("camera"), id, r.Path("owner"), owner.ID.Short(), r.cfg.Dir)
	}
	return nil
}

func (r *Rig) makeFleet(ctx context.Context) error {
	_, err := command(ctx, r.program("signet-cloud"), "fleet", "init", r.Path("cloud"))
	return err
}

func (r *Rig) enrol(ctx context.Context) error {
	csr, cert := r.Path("camera.csr"), r.Path("camera.pem")
	if _, err := command(ctx, r.program("signet-agent"), "identity", "--dir", r.Path("camera"), "--csr", csr); err != nil {
		return err
	}
	defer os.Remove(csr)
	if _, err := command(ctx, r.program("signet-cloud"), "fleet", "enroll", r.Path("cloud"), "--csr", csr, "--out", cert); err != nil {
		return err
	}
	defer os.Remove(cert)
	_, err := command(ctx, r.program("signet-agent"), "identity", "--dir", r.Path("camera"), "--cert", cert, "--fleet", r.Fleet())
	return err
}

func (r *Rig) makeOwner(ctx context.Context) error {
	_, err := command(ctx, r.program("signet-owner"), "init", "--dir", r.Path("owner"),
		"--cloud", "https://"+r.cfg.HTTPS, "--ca", r.Fleet())
	return err
}

// claim carries the three files of a claim between owner and camera.
func (r *Rig) claim(ctx context.Context) error {
	code, offer, grant := r.Path("claim.code"), r.Path("claim.offer"), r.Path("claim.grant")
	defer func() {
		for _, f := range []string{code, offer, grant} {
			os.Remove(f)
		}
	}()
	for _, c := range [][]string{
		{"signet-owner", "claim", "--dir", r.Path("owner"), "--code-out", code},
		{"signet-agent", "claim", "--dir", r.Path("camera"), "--code", code, "--offer", offer},
		{"signet-owner", "claim", "--dir", r.Path("owner"), "--offer", offer, "--fleet", r.Fleet(), "--grant-out", grant},
		{"signet-agent", "claim", "--dir", r.Path("camera"), "--grant", grant},
	} {
		if _, err := command(ctx, r.program(c[0]), c[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// Fleet returns the path of the fleet CA's certificate.
func (r *Rig) Fleet() string { return r.Path("cloud", "fleet.pem") }

// HTTPS returns the host:port where the cloud serves owners.
func (r *Rig) HTTPS() string { return r.cfg.HTTPS }

// MQTT returns the host:port where the cloud serves cameras.
func (r *Rig) MQTT() string { return r.cfg.MQTT }

// configure writes the agent's configuration.
func (r *Rig) configure() error {
	camera := r.cfg.Camera
	if camera == "" {
		camera = "auto"
	}
	text := fmt.Sprintf("state = %q\n\n[cloud]\nmqtt = %q\nmedia = %q\nca = %q\nfirst_within = \"100ms\"\n\n[[camera]]\nsource = %q\n",
		r.Path("camera"), r.cfg.MQTT, "https://"+r.cfg.HTTPS, r.Fleet(), camera)
	if r.cfg.FPS != "" {
		text += "fps = " + r.cfg.FPS + "\n"
	}
	return os.WriteFile(r.ConfigFile(), []byte(text+r.cfg.Agent), 0o600)
}

// ConfigFile returns the path of the agent's configuration.
func (r *Rig) ConfigFile() string { return r.Path("signet.toml") }

func (r *Rig) start(name, program string, args ...string) (*Process, error) {
	return start(name, r.program(program), args, func(line string) { r.cfg.Line(name, line) })
}

// StartCloud starts the cloud and waits until it listens.
func (r *Rig) StartCloud(ctx context.Context) (err error) {
	r.Cloud, err = r.start("cloud", "signet-cloud", "run", "--dir", r.Path("cloud"), "--mqtt", r.cfg.MQTT, "--https", r.cfg.HTTPS)
	if err != nil {
		return err
	}
	return r.Cloud.waitFor(ctx, func() bool { return r.Cloud.said("ready ") })
}

// StartAgent starts the camera's agent and waits until it says what it does.
func (r *Rig) StartAgent(ctx context.Context) (err error) {
	os.Remove(r.Path("camera", "status.sock"))
	r.Agent, err = r.start("camera", "signet-agent", "run", "--config", r.ConfigFile())
	if err != nil {
		return err
	}
	return r.Agent.waitFor(ctx, func() bool {
		c, err := net.Dial("unix", r.Path("camera", "status.sock"))
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

// StartOwner serves the owner's page and waits until it has told the link to it, good once.
func (r *Rig) StartOwner(ctx context.Context) (err error) {
	r.Owner, err = r.start("owner", "signet-owner", "serve", "--dir", r.Path("owner"), "--listen", r.cfg.Page,
		"--cloud", "https://"+r.cfg.HTTPS, "--ca", r.Fleet(), "--handover")
	if err != nil {
		return err
	}
	return r.Owner.waitFor(ctx, func() bool { return r.Owner.said("your page: ") })
}

// OwnerCommand runs signet-owner with the rig's owner and returns what it printed.
func (r *Rig) OwnerCommand(ctx context.Context, name string, args ...string) (string, error) {
	return command(ctx, r.program("signet-owner"), append([]string{name, "--dir", r.Path("owner")}, args...)...)
}

// AgentCommand runs signet-agent with the rig's camera and returns what it printed.
func (r *Rig) AgentCommand(ctx context.Context, name string, args ...string) (string, error) {
	return command(ctx, r.program("signet-agent"), append([]string{name, "--dir", r.Path("camera")}, args...)...)
}

// patience is how long a process may take to end.
const patience = 8 * time.Second

// Stop ends what runs: the camera first, so that what it has still reaches the cloud.
func (r *Rig) Stop() error {
	var errs []error
	for _, p := range []*Process{r.Agent, r.Owner, r.Cloud} {
		if p != nil {
			errs = append(errs, p.Stop(patience))
		}
	}
	r.Agent, r.Owner, r.Cloud = nil, nil, nil
	return errors.Join(errs...)
}
