package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/claim"
)

// maxOffer bounds a camera's offer, in bytes.
const maxOffer = 256 << 10

func runClaim(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	codeOut := f.String("code-out", "", "make a claim code and write it to this `FILE`, for the camera")
	life := f.Duration("valid", 10*time.Minute, "how long the code is good")
	offer := f.String("offer", "", "the camera's offer, from this `FILE`")
	fleet := f.String("fleet", "", "the fleet's certificate, from this `FILE`: only its cameras are accepted")
	grantOut := f.String("grant-out", "", "write the grant to this `FILE`, for the camera")
	name := f.String("name", "", "`NAME` that you give the camera; stays on this machine")
	if err := noArguments(f, args); err != nil {
		return err
	}
	making, accepting := *codeOut != "", *offer != "" || *fleet != "" || *grantOut != "" || *name != ""
	if making == accepting {
		return cli.WithHint(cli.Misuse(f, "either make a code or accept an offer"), "first claim --code-out FILE; then claim --offer FILE --fleet FILE --grant-out FILE")
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
	if making {
		return makeCode(env, desk, *codeOut, *life)
	}
	if *offer == "" || *fleet == "" || *grantOut == "" {
		return cli.Misuse(f, "--offer, --fleet and --grant-out belong together")
	}
	ca, err := certs.ReadCA(*fleet)
	if err != nil {
		return cli.WithHint(err, "--fleet is the fleet's certificate, fleet.pem")
	}
	msg, err := certs.ReadFile(*offer, maxOffer)
	if err != nil {
		return cli.WithHint(err, "signet-agent claim writes it")
	}
	a, err := desk.Accept(msg, ca)
	if err != nil {
		return err
	}
	if err := certs.WriteFile(*grantOut, a.Grant, 0o644); err != nil {
		return cli.WithHint(err, "the code is used up: make a new one with claim --code-out")
	}
	if *name != "" {
		if err := d.Name(a.Offer.Device, *name); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "camera %s, epoch %d, is yours as soon as it has %s.\n", a.Offer.Device, a.Offer.Epoch, *grantOut)
	return nil
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
