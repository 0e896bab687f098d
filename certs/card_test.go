package certs_test

import (
	"reflect"
	"strings"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

func TestCardsRoundTrip(t *testing.T) {
	o, v := certstest.NewOwner(t), certstest.NewViewer(t)
	viewer := &certs.ViewerCard{SPKI: v.SPKI, Picture: o.Picture, Name: "Anna"}
	if got := ok(certs.ParseViewerCard(" " + ok(viewer.Text())(t) + "\n"))(t); !reflect.DeepEqual(got, viewer) || got.Key() != v.ID || got.Recipient() != o.Recipient {
		t.Errorf("got %+v", got)
	}
	owner := &certs.OwnerCard{Owner: o.ID, Name: "Berta"}
	if got := ok(certs.ParseOwnerCard(ok(owner.Text())(t)))(t); !reflect.DeepEqual(got, owner) {
		t.Errorf("got %+v", got)
	}
	join, _, err := certs.NewJoinCard()
	if err != nil {
		t.Fatal(err)
	}
	got := ok(certs.ParseJoinCard(ok(join.Text())(t)))(t)
	if !reflect.DeepEqual(got, join) || got.ID() != certs.HashOf(body{0: uintOf(1), 1: bstr(join.Key[:])}.encode()) {
		t.Errorf("got %+v", got)
	}
	if (&certs.JoinCard{Key: join.Key}).ID() != join.ID() {
		t.Error("the id hangs on more than the key")
	}
	if _, err := certs.ParseOwnerCard(ok(viewer.Text())(t)); err == nil {
		t.Error("one card is taken for another")
	}
}

func TestCardTextRefuses(t *testing.T) {
	o, v := certstest.NewOwner(t), certstest.NewViewer(t)
	for name, c := range map[string]interface{ Text() (string, error) }{
		"a viewer without a key":         &certs.ViewerCard{Picture: o.Picture},
		"a viewer without a picture key": &certs.ViewerCard{SPKI: v.SPKI},
		"a name that clears the screen":  &certs.ViewerCard{SPKI: v.SPKI, Picture: o.Picture, Name: "\x1b[2J"},
		"a name of 257 bytes":            &certs.OwnerCard{Owner: o.ID, Name: strings.Repeat("x", 257)},
		"a join card without a key":      &certs.JoinCard{},
	} {
		if s, err := c.Text(); err == nil {
			t.Errorf("%s: made %s", name, s)
		}
	}
}

// TestJoin: a second device of the same owner shows its card, the first answers, and both are the same owner.
func TestJoin(t *testing.T) {
	o := certstest.NewOwner(t)
	card, id, err := certs.NewJoinCard()
	if err != nil {
		t.Fatal(err)
	}
	shown := ok(certs.ParseJoinCard(ok(card.Text())(t)))(t)
	answer := ok(certs.JoinAnswer(shown, o.Seed()))(t)
	if len(answer) > certs.MaxJoinAnswer {
		t.Errorf("%d bytes", len(answer))
	}
	joined := ok(certs.OwnerFromSeed(ok(certs.OpenJoinAnswer(answer, id))(t), nil))(t)
	if joined.ID != o.ID || joined.Recipient != o.Recipient {
		t.Error("another owner joined")
	}
	_, stranger, err := certs.NewJoinCard()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certs.OpenJoinAnswer(answer, stranger); err == nil {
		t.Error("a stranger opens the answer")
	}
	if _, err := certs.JoinAnswer(&certs.JoinCard{}, o.Seed()); err == nil {
		t.Error("sealed a seed to nobody")
	}
}

func TestX25519Text(t *testing.T) {
	for range 50 {
		o := certstest.NewOwner(t)
		if got := certs.X25519Recipient(o.Picture); got != o.Recipient {
			t.Errorf("got %s, want %s", got, o.Recipient)
		}
		if got := ok(certs.X25519Public(o.Recipient))(t); got != o.Picture {
			t.Errorf("got %x, want %x", got, o.Picture)
		}
	}
	o := certstest.NewOwner(t)
	for _, s := range []string{"", "age1", o.Identity.String(), strings.ToUpper(o.Recipient), o.Recipient + " ", o.Recipient[:61], ok(o.Hybrid())(t).Recipient().String()} {
		if _, err := certs.X25519Public(s); err == nil {
			t.Errorf("took %.80q", s)
		} else if strings.Contains(err.Error(), "AGE-SECRET") {
			t.Error("the error tells an identity")
		}
	}
}
