package command

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"time"

	"filippo.io/age"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/client"
	"signet/owner/estate"
	"signet/owner/home"
	"signet/owner/verify"
)

// dirFlag adds --dir and returns the folder that it means.
func dirFlag(f *flag.FlagSet) func() (home.Dir, error) {
	s := f.String("dir", "", "the owner's folder `DIR` (default ~/.config/signet)")
	return func() (home.Dir, error) {
		if *s != "" {
			return home.Dir(*s), nil
		}
		d, err := home.Default()
		if err != nil {
			return "", cli.WithHint(err, "name the folder with --dir")
		}
		return d, nil
	}
}

// cloudFlags adds --cloud and --ca, and returns the cloud that they mean, and whether it is worth remembering. Without
// flags it is the remembered one, or home.ErrNoCloud.
func cloudFlags(f *flag.FlagSet) func(home.Dir) (c *home.Cloud, fresh bool, err error) {
	address := f.String("cloud", "", "the cloud's `URL`, https://HOST[:PORT]")
	ca := f.String("ca", "", "`FILE` of the authority that the cloud's certificate must come from")
	return func(d home.Dir) (*home.Cloud, bool, error) {
		known, err := d.Cloud()
		if *address == "" && *ca == "" {
			return known, false, err
		}
		if err != nil && !errors.Is(err, home.ErrNoCloud) {
			return nil, false, err
		}
		c := home.Cloud{}
		if known != nil {
			c = *known
		}
		if *address != "" {
			if c.URL, err = home.ParseURL(*address); err != nil {
				return nil, false, cli.WithHint(err, "such as --cloud https://localhost:8443")
			}
		}
		if *ca != "" {
			if c.CA, err = certs.ReadCA(*ca); err != nil {
				return nil, false, cli.WithHint(err, "--ca is the fleet's certificate, fleet.pem")
			}
		}
		if c.URL == nil || c.CA == nil {
			return nil, false, cli.WithHint(cli.Misuse(f, "--cloud and --ca belong together"), "name the cloud once: --cloud https://HOST:PORT --ca FILE")
		}
		return &c, known == nil, nil
	}
}

// session is what the commands that talk to the cloud begin with.
type session struct {
	owner  *certs.Owner
	client *client.Client
	gate   *verify.Gate
	names  map[certs.DeviceID]string
	fleet  *x509.Certificate

	opens    []age.Identity // what opens the owner's pictures
	identity string         // path of the age identity file
}

// begin opens the owner and finds the cloud. The first cloud that is named is remembered.
func begin(dir func() (home.Dir, error), cloud func(home.Dir) (*home.Cloud, bool, error)) (home.Dir, *certs.Owner, *home.Cloud, error) {
	d, err := dir()
	if err != nil {
		return "", nil, nil, err
	}
	o, err := d.Owner()
	if err != nil {
		return "", nil, nil, err
	}
	c, fresh, err := cloud(d)
	if err != nil {
		return "", nil, nil, err
	}
	if fresh {
		if err := d.Remember(c); err != nil {
			return "", nil, nil, err
		}
	}
	return d, o, c, nil
}

func newSession(dir home.Dir, o *certs.Owner, c *home.Cloud) (*session, error) {
	names, err := dir.Names()
	if err != nil {
		return nil, err
	}
	opens, err := home.Identities(o)
	if err != nil {
		return nil, err
	}
	s := &session{owner: o, client: client.New(c.URL, c.CA, o), names: names, fleet: c.CA, opens: opens, identity: dir.Path("picture.key")}
	if s.gate, err = verify.New(o.ID, o.Root, s.client.Certificate); err != nil {
		return nil, err
	}
	return s, nil
}

// learnNames adds what the owner calls cameras in the policies. A name that was given on this machine counts more. Without them
// cameras are called by what they say of themselves.
func (s *session) learnNames(ctx context.Context) {
	names, err := estate.Names(ctx, s.client, s.owner)
	if err != nil {
		return
	}
	for id, name := range names {
		if s.names[id] == "" {
			s.names[id] = name
		}
	}
}

// close ends the session at the cloud, as far as that can be done in a moment.
func (s *session) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	s.client.LogOut(ctx) // it ends by itself otherwise
	s.client.Close()
}
