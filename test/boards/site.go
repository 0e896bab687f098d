package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"signet/certs"
	"signet/owner/client"
	"signet/test/boards/board"
	"signet/test/rig"
)

// site is a cloud and an owner on the host: the shipped programs, set up as docs/install.md says.
type site struct {
	*rig.Rig
	bin         string
	mqtt, https string   // ports
	identity    []string // more arguments for making an identity

	mu     sync.Mutex
	stored map[string]bool // parts of clips that the cloud has stored, as it says: the first digits of their hashes
}

// storedLine is what the cloud logs of a part of a clip.
var storedLine = regexp.MustCompile(`msg="media stored".* hash=([0-9a-f]{8})`)

// newSite makes a fleet, starts its cloud and makes an owner. The cloud is ended after the scenario.
func (b *bench) newSite(ctx context.Context) (*site, error) {
	s := &site{bin: b.lab.host, stored: map[string]bool{}}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	s.mqtt, s.https = ports[0], ports[1]
	log, err := os.Create(filepath.Join(b.Dir, "host.log"))
	if err != nil {
		return nil, err
	}
	s.Rig, err = rig.New(rig.Config{
		Dir: b.Dir, Bin: s.bin, MQTT: "127.0.0.1:" + s.mqtt, HTTPS: "127.0.0.1:" + s.https,
		Line: func(from, line string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			fmt.Fprintln(log, from, line)
			if m := storedLine.FindStringSubmatch(line); m != nil {
				s.stored[m[1]] = true
			}
		},
	})
	if err != nil {
		return nil, err
	}
	b.after(func() {
		if err := s.Stop(); err != nil {
			b.say("end of the cloud: %v", err)
		}
		log.Close()
	})
	// The certificate of the cloud is for both of its names: the board's and the host's.
	if _, err := s.command(ctx, "signet-cloud", "fleet", "init", s.Path("cloud"), "--host", board.Host, "--host", "127.0.0.1"); err != nil {
		return nil, err
	}
	if _, err := s.command(ctx, "signet-owner", "init", "--dir", s.Path("owner"), "--cloud", "https://"+s.HTTPS(), "--ca", s.Fleet()); err != nil {
		return nil, err
	}
	return s, s.StartCloud(ctx)
}

// freePorts returns n of the loopback that nobody listens on. They are below those that the kernel gives to connections
// (ip_local_port_range), so that nobody has them when a cloud is started again.
func freePorts(n int) (ports []string, err error) {
	for range 1000 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		defer l.Close() // when all are there, or one would be given twice
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("no free ports")
}

// command runs a program of the host and returns what it printed.
func (s *site) command(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(errOut.String()))
	}
	return string(out), nil
}

// Where the agent on a board has what it keeps.
const (
	stateDir   = "/state/signet"
	configFile = "/state/signet.toml"
)

// carrier carries files between host and board, as a user does.
type carrier struct {
	ctx  context.Context
	site *site
	on   *board.Board
}

// host is where a carried file lies on the host.
func (c carrier) host(name string) string { return c.site.Path("carried." + name) }

func (c carrier) up(name string) error {
	content, err := os.ReadFile(c.host(name))
	if err != nil {
		return err
	}
	return c.on.Put(c.ctx, "/tmp/"+name, content, 0o600)
}

func (c carrier) down(name string) error {
	content, err := c.on.Get(c.ctx, "/tmp/"+name)
	if err != nil {
		return err
	}
	return os.WriteFile(c.host(name), content, 0o600)
}

func (c carrier) onHost(args ...string) error {
	_, err := c.site.command(c.ctx, args[0], args[1:]...)
	return err
}

func (c carrier) onBoard(args ...string) error {
	_, err := c.on.Output(c.ctx, args...)
	return err
}

// steps takes one after the other until one fails.
func steps(what string, all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// identify gives the board an identity of the fleet.
func (s *site) identify(ctx context.Context, b *board.Board) error {
	c := carrier{ctx, s, b}
	return steps("identify",
		func() error {
			return c.onBoard(append([]string{"signet-agent", "identity", "--dir", stateDir, "--csr", "/tmp/csr"}, s.identity...)...)
		},
		func() error { return c.down("csr") },
		func() error {
			return c.onHost("signet-cloud", "fleet", "enroll", s.Path("cloud"), "--csr", c.host("csr"), "--out", c.host("cert"))
		},
		func() error { return c.up("cert") },
		func() error {
			fleet, err := os.ReadFile(s.Fleet())
			if err != nil {
				return err
			}
			return b.Put(ctx, "/tmp/fleet", fleet, 0o644)
		},
		func() error {
			return c.onBoard("signet-agent", "identity", "--dir", stateDir, "--cert", "/tmp/cert", "--fleet", "/tmp/fleet")
		},
	)
}

// enrol gives the board an identity of the fleet and an owner, by the files that a user carries.
func (s *site) enrol(ctx context.Context, b *board.Board) error {
	c := carrier{ctx, s, b}
	return steps("enrol",
		func() error { return s.identify(ctx, b) },
		func() error {
			return c.onHost("signet-owner", "claim", "--dir", s.Path("owner"), "--code-out", c.host("code"))
		},
		func() error { return c.up("code") },
		func() error {
			return c.onBoard("signet-agent", "claim", "--dir", stateDir, "--code", "/tmp/code", "--offer", "/tmp/offer")
		},
		func() error { return c.down("offer") },
		func() error {
			return c.onHost("signet-owner", "claim", "--dir", s.Path("owner"), "--offer", c.host("offer"), "--fleet", s.Fleet(), "--grant-out", c.host("grant"))
		},
		func() error { return c.up("grant") },
		func() error { return c.onBoard("signet-agent", "claim", "--dir", stateDir, "--grant", "/tmp/grant") },
	)
}

// configure writes the agent's configuration; more is TOML, tables of [[camera]] and others.
func (s *site) configure(ctx context.Context, b *board.Board, more string) error {
	text := fmt.Sprintf("state = %q\n\n[cloud]\nmqtt = \"%[2]s:%[3]s\"\nmedia = \"https://%[2]s:%[4]s\"\nfirst_within = \"100ms\"\n\n%[5]s",
		stateDir, board.Host, s.mqtt, s.https, more)
	return b.Put(ctx, configFile, []byte(text), 0o600)
}

// listed is an event as signet-owner list says it.
type listed struct {
	Event    string  `json:"event"`
	State    string  `json:"state"`
	Seconds  float64 `json:"seconds"`
	Reason   string  `json:"reason"`
	Parts    int     `json:"parts"`
	Missing  uint64  `json:"missing_parts"`
	Forked   bool    `json:"forked"`
	Problem  string  `json:"problem"`
	Verified bool    `json:"verified"`
}

// events returns what the owner sees, the newest first.
func (s *site) events(ctx context.Context) ([]listed, error) {
	out, err := s.command(ctx, "signet-owner", "list", "--dir", s.Path("owner"), "--json")
	if err != nil {
		return nil, err
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var e listed
		if err := d.Decode(&e); err != nil {
			return nil, fmt.Errorf("signet-owner list says %q: %w", out, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// awaitEvent polls until the owner sees an event that is as wanted.
func (s *site) awaitEvent(ctx context.Context, within time.Duration, what string, wanted func(listed) bool) (listed, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var all []listed
	for {
		now, err := s.events(ctx)
		if ctx.Err() != nil {
			return listed{}, fmt.Errorf("wait for an event that %s: %w; the owner sees %+v", what, ctx.Err(), all)
		}
		if err != nil {
			return listed{}, err
		}
		all = now
		for _, e := range all {
			if wanted(e) {
				return e, nil
			}
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// record is one that the cloud delivers to the owner.
type record struct {
	*certs.SignedRecord
	bytes string
}

// records returns all that the cloud delivers to the owner, as it stands.
func (s *site) records(ctx context.Context) ([]record, error) {
	owner, err := certs.LoadOwner(s.Path("owner"))
	if err != nil {
		return nil, err
	}
	fleet, err := certs.ReadCA(s.Fleet())
	if err != nil {
		return nil, err
	}
	c := client.New(&url.URL{Scheme: "https", Host: s.HTTPS()}, fleet, owner)
	defer c.Close()
	var all []record
	for seq := uint64(0); ; {
		items, err := c.After(ctx, seq, client.PageSize)
		if err != nil || len(items) == 0 {
			return all, err
		}
		for _, i := range items {
			r, err := certs.ParseRecord(i.Record)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("record %d of the owner", i.Seq), err)
			}
			all = append(all, record{r, string(i.Record)})
			seq = i.Seq
		}
	}
}

// uploaded returns how many parts of an event's clip the cloud has.
func (s *site) uploaded(ctx context.Context, e listed) (n int, err error) {
	all, err := s.records(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range all {
		if r.Type != certs.Part || r.Event == nil || r.Event.String() != e.Event {
			continue
		}
		for _, m := range r.Media {
			if s.stored[m.Hash.String()[:8]] {
				n++
			}
		}
	}
	return n, err
}
