package revocation

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// lines is a log that is read line by line.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func next[T any](t *testing.T, from <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(cloudtest.Wait):
		t.Fatalf("%s: nothing comes", what)
	}
	return v
}

func TestList(t *testing.T) {
	fleet, other := cloudtest.Fleet(t), cloudtest.Fleet(t)
	path := filepath.Join(t.TempDir(), "fleet.crl")
	log := make(lines, 64)
	l, err := Open(path, fleet.Cert, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	changed, done := make(chan struct{}, 8), make(chan error, 1)
	go func() { done <- l.Run(ctx, func() { changed <- struct{}{} }) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	one, two, three := big.NewInt(1), big.NewInt(2), big.NewInt(3)
	list := func(f *certs.Fleet, old []byte, serials ...*big.Int) []byte {
		t.Helper()
		var before *certs.RevocationList
		if old != nil {
			if before, err = certs.ParseCRL(old, f.Cert); err != nil {
				t.Fatal(err)
			}
		}
		der, err := f.Revoke(before, serials, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	write := func(der []byte) {
		t.Helper()
		if err := certs.WriteCRL(path, der); err != nil {
			t.Fatal(err)
		}
	}
	has := func(what string, a, b, c bool) {
		t.Helper()
		if l.Has(one) != a || l.Has(two) != b || l.Has(three) != c {
			t.Errorf("%s: %v %v %v", what, l.Has(one), l.Has(two), l.Has(three))
		}
	}
	has("without a file", false, false, false)
	if l.DER() != nil {
		t.Error("there is a list without a file")
	}

	first := list(fleet, nil, one)
	write(first)
	next(t, changed, "the first list")
	has("first", true, false, false)
	second := list(fleet, first, two)
	write(second)
	next(t, changed, "the second list")
	has("second", true, true, false)
	for len(log) > 0 {
		<-log
	}

	// What is refused leaves the second one in force, and is told.
	refused := func(what, say string) {
		t.Helper()
		if line := next(t, log, what); !strings.Contains(line, say) || !strings.Contains(line, "level=ERROR") {
			t.Errorf("%s: %s", what, line)
		}
		has(what, true, true, false)
		if !bytes.Equal(l.DER(), second) {
			t.Errorf("%s is in force", what)
		}
	}
	write(first)
	refused("an older list", "number 1 after 2")
	write(list(fleet, first, three))
	refused("another second list", "number 2 after 2")
	write(list(other, list(other, list(other, nil), three), three))
	refused("another fleet's list", "another certificate authority")
	third := list(fleet, second, three)
	if err := certs.WriteCRL(path+".new", third); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	refused("half of the third list", "not one list in PEM")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused("no file", "no such file")

	write(third)
	next(t, changed, "the third list")
	has("third", true, true, true)
}

func TestOpenRefusesWhatIsWrong(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	path := filepath.Join(t.TempDir(), "fleet.crl")
	if err := os.WriteFile(path, []byte("no list"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, fleet.Cert, slog.Default()); err == nil {
		t.Error("opened")
	}
	der, err := fleet.Revoke(nil, []*big.Int{big.NewInt(7)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.WriteCRL(path, der); err != nil {
		t.Fatal(err)
	}
	l, err := Open(path, fleet.Cert, slog.Default())
	if err != nil || !l.Has(big.NewInt(7)) {
		t.Errorf("list: %v", err)
	}
	if news, err := l.read(); news || err != nil {
		t.Errorf("the same file again: %v, %v", news, err)
	}
	older, err := fleet.Revoke(nil, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.WriteCRL(path, older); err != nil {
		t.Fatal(err)
	}
	if _, err := l.read(); !errors.Is(err, ErrBackwards) {
		t.Errorf("another list of the same number: %v", err)
	}
}
