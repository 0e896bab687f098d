package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/claim"
	"signet/owner/client"
	"signet/owner/home"
)

func runClaim(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	show := f.Bool("show", false, "show a code to the camera's lens, and wait for its offer through the cloud")
	wifi := f.String("wifi", "", "with --show: Wi-Fi `SSID` for a camera that is not on a network yet; the passphrase is read from the terminal")
	codeOut := f.String("code-out", "", "make a claim code and write it to this `FILE`, for the camera")
	life := f.Duration("valid", 10*time.Minute, "how long the code is good")
	offer := f.String("offer", "", "the camera's offer, from this `FILE`")
	fleet := f.String("fleet", "", "the fleet's certificate, from this `FILE`: only its cameras are accepted")
	grantOut := f.String("grant-out", "", "write the grant to this `FILE`, for the camera")
	name := f.String("name", "", "`NAME` that you give the camera; stays on this machine")
	if err := noArguments(f, args); err != nil {
		return err
	}
	making, accepting := *codeOut != "", *offer != "" || *fleet != "" || *grantOut != ""
	if n := count(*show, making, accepting); n != 1 || making && *name != "" || *wifi != "" && !*show {
		return cli.WithHint(cli.Misuse(f, "show a code, make one, or accept an offer"), "claim --show; or first claim --code-out FILE, then claim --offer FILE --fleet FILE --grant-out FILE")
	}
	d, err := dir()
	if err != nil {
		return err
	}
	o, err := d.Owner()
	if err != nil {
		return err
	}
	desk := claim.NewDesk(o, d.Path("claims"))
	switch {
	case *show:
		return claimByLens(ctx, env, lens{dir: d, owner: o, desk: desk, cloud: cloud, wifi: *wifi, name: *name})
	case making:
		return makeCode(env, desk, *codeOut, *life)
	case *offer == "" || *fleet == "" || *grantOut == "":
		return cli.Misuse(f, "--offer, --fleet and --grant-out belong together")
	}
	return claimByFile(ctx, env, files{dir: d, owner: o, desk: desk, offer: *offer, fleet: *fleet, grantOut: *grantOut, name: *name})
}

func count(all ...bool) int {
	n := 0
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}

func makeCode(env cli.Env, desk *claim.Desk, path string, life time.Duration) error {
	code, err := desk.NewCode(life)
	if err != nil {
		return err
	}
	text, err := code.Text()
	if err != nil {
		return err
	}
	if err := certs.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s holds a claim code: good once, until %s. Bring it to the camera yourself.\n", path, code.NotAfter.Format("15:04:05"))
	return nil
}

// files is a claim that is carried by hand.
type files struct {
	dir                          home.Dir
	owner                        *certs.Owner
	desk                         *claim.Desk
	offer, fleet, grantOut, name string
}

func claimByFile(ctx context.Context, env cli.Env, c files) error {
	ca, err := certs.ReadCA(c.fleet)
	if err != nil {
		return cli.WithHint(err, "--fleet is the fleet's certificate, fleet.pem")
	}
	msg, err := certs.ReadFile(c.offer, certs.MaxOfferMessage)
	if err != nil {
		return cli.WithHint(err, "signet-agent claim writes it")
	}
	p, err := c.desk.Prove(msg, ca)
	if err != nil {
		return err
	}
	to, err := c.dir.Recipients(c.owner)
	if err != nil {
		return err
	}
	grant, err := c.desk.Grant(p, to)
	if err != nil {
		return err
	}
	if err := certs.WriteFile(c.grantOut, grant, 0o644); err != nil {
		return cli.WithHint(err, "the code is used up: make a new one with claim --code-out")
	}
	if err := keepName(c.dir, p.Offer.Device, c.name); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "camera %s, epoch %d, is yours as soon as it has %s.\n", p.Offer.Device, p.Offer.Epoch, c.grantOut)
	return nil
}

func keepName(d home.Dir, id certs.DeviceID, name string) error {
	if name == "" {
		return nil
	}
	return d.Name(id, name)
}

// Times of a claim through the lens.
const (
	lensLife  = 2 * time.Minute
	lensPause = time.Second     // between questions to the cloud
	lensTwins = 3 * time.Second // how long a second offer for the same code is waited for
)

// lens is a claim by a code that the camera reads with its own eye.
type lens struct {
	dir        home.Dir
	owner      *certs.Owner
	desk       *claim.Desk
	cloud      func(home.Dir) (*home.Cloud, bool, error)
	wifi, name string
}

func claimByLens(ctx context.Context, env cli.Env, l lens) error {
	_, _, c, err := begin(func() (home.Dir, error) { return l.dir, nil }, l.cloud)
	if err != nil {
		return err
	}
	s := client.New(c.URL, c.CA, l.owner)
	defer s.Close()
	if err := s.LogIn(ctx); err != nil {
		return err
	}
	code, err := l.desk.NewCode(lensLife)
	if err != nil {
		return err
	}
	code.NameFleet(c.CA)
	if code.WiFi, err = askWiFi(env, l.wifi); err != nil {
		return errors.Join(err, l.desk.Forget(code))
	}
	if err := showCode(env, code); err != nil {
		return errors.Join(err, l.desk.Forget(code))
	}
	fmt.Fprintf(env.Stdout, "Hold this before the camera's lens, a hand's length away. It is good once, until %s.\n", code.NotAfter.Local().Format("15:04:05"))
	p, err := l.await(ctx, s, c, code)
	if err != nil {
		return errors.Join(err, l.desk.Forget(code))
	}
	return l.confirm(ctx, env, s, p)
}

// await returns the one offer that proves the code. Two cameras that prove it end the claim: one of them is not meant.
func (l lens) await(ctx context.Context, s *client.Client, c *home.Cloud, code *certs.ClaimCode) (*claim.Proven, error) {
	ctx, cancel := context.WithDeadline(ctx, code.NotAfter.Add(lensTwins))
	defer cancel()
	var found *claim.Proven
	var since time.Time
	for {
		offers, err := s.Offers(ctx)
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		for _, it := range offers {
			p, err := l.desk.Prove(it.Message, c.CA)
			switch {
			case err != nil:
			case found == nil:
				found, since = p, time.Now()
			case found.Offer.Hash != p.Offer.Hash:
				return nil, fmt.Errorf("claim: %w: %s and %s", errTwoCameras, found.Offer.Device, p.Offer.Device)
			}
		}
		if found != nil && time.Since(since) >= lensTwins {
			return found, nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				return nil, errNobodyRead
			}
			return nil, fmt.Errorf("claim: ended before a camera has read the code")
		case <-time.After(lensPause):
		}
	}
}

var (
	errTwoCameras = errors.New("two offers answer this code, and only one camera was meant")
	errNobodyRead = errors.New("claim: no camera has read the code in time")
)

// confirm shows what the camera saw and gives it the grant if the owner knows the view.
func (l lens) confirm(ctx context.Context, env cli.Env, s *client.Client, p *claim.Proven) error {
	fmt.Fprintf(env.Stdout, "Camera %s answers: device %s, event %s.\n", p.Offer.Device, p.Offer.DeviceLevel, p.Offer.EventLevel)
	if p.View != nil {
		path := "view-" + p.Offer.Device.String()[:8] + ".jpg"
		if err := certs.WriteFile(path, p.View, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "What it sees is in %s.\n", path)
	} else {
		fmt.Fprintln(env.Stdout, "It shows no picture.")
	}
	if !env.Ask("Is this your camera?") {
		return errors.Join(errors.New("claim: not accepted; the camera stays without an owner"), l.desk.Forget(p.Code()))
	}
	to, err := l.dir.Recipients(l.owner)
	if err != nil {
		return err
	}
	grant, err := l.desk.Grant(p, to)
	if err != nil {
		return err
	}
	if err := s.Post(ctx, client.Grants, grant); err != nil {
		return cli.WithHint(err, "the code is used up: signet-owner claim --show makes a new one")
	}
	if err := keepName(l.dir, p.Offer.Device, l.name); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "camera %s, epoch %d, is yours as soon as it has the grant, which the cloud carries.\n", p.Offer.Device, p.Offer.Epoch)
	return nil
}
