package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/client"
	"signet/owner/home"
	"signet/owner/recovery"
)

func runSheet(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	out := f.String("o", "", "write a recovery file to `FILE` instead of showing words and code")
	o, err := openOwner(f, args, dir)
	if err != nil {
		return err
	}
	if *out != "" {
		if _, err := os.Lstat(*out); err == nil {
			return cli.WithHint(fmt.Errorf("write recovery file: %s is there already", *out), "name another file, or remove that one if it brings nobody back")
		}
		if err := certs.WriteFile(*out, recovery.File(o, time.Now()), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "%s brings owner %s back. Keep it where nobody else gets it.\n", *out, o.ID.Short())
		return nil
	}
	words, err := recovery.Words(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "These words bring owner %s back. Whoever has them is the owner.\n\n", o.ID.Short())
	for i := 0; i < len(words); i += 4 {
		for j, w := range words[i : i+4] {
			fmt.Fprintf(env.Stdout, "%3d %-10s", i+j+1, w)
		}
		fmt.Fprintln(env.Stdout)
	}
	fmt.Fprintln(env.Stdout)
	return showQR(env.Stdout, certs.SeedText(o.Seed()))
}

// openOwner parses the flags of a command that takes nothing else, and opens the owner's folder.
func openOwner(f *flag.FlagSet, args []string, dir func() (home.Dir, error)) (*certs.Owner, error) {
	if err := noArguments(f, args); err != nil {
		return nil, err
	}
	d, err := dir()
	if err != nil {
		return nil, err
	}
	return d.Owner()
}

func runRecover(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	d, err := dir()
	if err != nil {
		return err
	}
	c, _, err := cloud(d)
	if err != nil && !errors.Is(err, home.ErrNoCloud) {
		return err
	}
	text, err := recoveryText(env, rest)
	if err != nil {
		return err
	}
	seed, err := recovery.Parse(text)
	if err != nil {
		return err
	}
	o, err := d.Recover(seed)
	if err != nil {
		return err
	}
	if c != nil {
		if err := d.Remember(c); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "You are owner %s again. Your keys are in %s.\n", o.ID, d)
	return nil
}

// recoveryText reads the file that is named, or words from the terminal until there are enough.
func recoveryText(env cli.Env, rest []string) ([]byte, error) {
	if len(rest) == 1 {
		return certs.ReadFile(rest[0], recovery.MaxFile)
	}
	fmt.Fprintf(env.Stdout, "The %d words, on one line or several:\n", recovery.WordCount)
	var words []string
	for len(words) < recovery.WordCount {
		line, err := env.ReadLine()
		if err != nil {
			return nil, fmt.Errorf("read words: %d of %d, then: %w", len(words), recovery.WordCount, err)
		}
		if words = append(words, strings.Fields(line)...); strings.HasPrefix(line, "SIGNET-SEED-") {
			break
		}
	}
	return []byte(strings.Join(words, " ")), nil
}

func runCard(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	name := f.String("name", "", "your `NAME`, for whoever reads the card")
	owner := f.Bool("owner", false, "the card that says whose cameras are to be expected, or who is the next owner")
	o, err := openOwner(f, args, dir)
	if err != nil {
		return err
	}
	var text string
	if *owner {
		text, err = (&certs.OwnerCard{Owner: o.ID, Name: *name}).Text()
	} else {
		var key [32]byte
		if key, err = certs.X25519Public(o.Recipient); err == nil {
			text, err = (&certs.ViewerCard{SPKI: o.SPKI, Picture: key, Name: *name}).Text()
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, text)
	return nil
}

func runJoin(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	yes := f.String("digits", "", "the six `DIGITS` that the other device shows; then nothing is asked")
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return cli.WithHint(cli.Misuse(f, "name the card"), "it is what your other device shows, SIGNETJ1:...")
	}
	card, err := certs.ParseJoinCard(rest[0])
	if err != nil {
		return cli.WithHint(err, "it is what your other device shows, SIGNETJ1:...")
	}
	_, o, c, err := begin(dir, cloud)
	if err != nil {
		return err
	}
	digits, err := recovery.JoinDigits(card)
	if err != nil {
		return err
	}
	if *yes == "" && !env.Ask(fmt.Sprintf("Whoever showed this card gets all your keys. Does your other device show %s %s?", digits[:3], digits[3:])) ||
		*yes != "" && strings.ReplaceAll(*yes, " ", "") != digits {
		return cli.WithHint(fmt.Errorf("join: nothing was handed over"), "the card is of a device that shows other digits")
	}
	answer, err := certs.JoinAnswer(card, o.Seed())
	if err != nil {
		return err
	}
	s := client.New(c.URL, c.CA, o)
	defer s.Close()
	if err := s.Join(ctx, card.ID(), answer); err != nil {
		return err
	}
	if digits, err = recovery.AnswerDigits(card, o.ID); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "handed over: the other device takes it within ten minutes. It must show %s %s then; if it shows others, do not go on there.\n", digits[:3], digits[3:])
	return nil
}
