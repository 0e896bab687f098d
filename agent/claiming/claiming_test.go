package claiming

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

var errOfAnother = errors.New("code is for cameras of another fleet")

// rig plays the life of an unowned camera.
type rig struct {
	*Claiming
	t      *testing.T
	cfg    Config
	log    bytes.Buffer
	shown  []string // states, each with the second in which it began
	did    []string
	refuse error // by Check
	flash  error // of Offer
	online bool
	began  time.Time
}

// play runs a claim in a time that flies, and then checks that it ended.
func play(t *testing.T, change func(*rig), act func(*rig)) *rig {
	r := &rig{t: t}
	synctest.Test(t, func(t *testing.T) {
		r.began = time.Now()
		r.cfg = Config{
			Window: 10 * time.Minute,
			Check:  func(*certs.ClaimCode) error { return r.refuse },
			Online: func() bool { return r.online },
			Offer: func(c *certs.ClaimCode, view []byte) error {
				r.did = append(r.did, "offer with "+string(view))
				return r.flash
			},
			Show: func(s State) {
				r.shown = append(r.shown, fmt.Sprintf("%d %v", int(time.Since(r.began).Seconds()), s))
			},
			Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		}
		if change != nil {
			change(r)
		}
		r.Claiming = New(r.cfg)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		act(r)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
		if s := r.Status().State; s != Closed {
			t.Errorf("ended as %v", s)
		}
	})
	return r
}

// code makes a claim code and its text.
func code(t *testing.T, change func(*certs.ClaimCode)) (c *certs.ClaimCode, text string) {
	t.Helper()
	c = certs.NewClaimCode(certstest.NewOwner(t), time.Now().Add(2*time.Minute))
	if change != nil {
		change(c)
	}
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	return c, text
}

func (r *rig) see(text, view string) {
	r.Saw(Sighting{Text: text, View: []byte(view)})
	synctest.Wait()
}

// is checks what was shown, or done.
func is(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCodeIsOffered(t *testing.T) {
	_, text := code(t, nil)
	r := play(t, nil, func(r *rig) {
		r.see(text, "too early") // the window is closed
		r.Open()
		synctest.Wait()
		time.Sleep(5 * time.Second)
		r.see(text, "a room")
		r.see(text, "the same room") // another camera of the device, which came second
		time.Sleep(30 * time.Second)
	})
	is(t, r.shown, "0 looking", "5 code read", "5 offered", "35 closed")
	is(t, r.did, "offer with a room")
	for _, want := range []string{"looking for the owner's code", "code read", "offered to the owner"} {
		if n := strings.Count(r.log.String(), want); n != 1 {
			t.Errorf("%q is logged %d times:\n%s", want, n, r.log.String())
		}
	}
}

// An owner who does not answer may show another code; the window stays what it was.
func TestNoGrantComes(t *testing.T) {
	_, one := code(t, nil)
	_, two := code(t, nil)
	r := play(t, nil, func(r *rig) {
		r.Open()
		time.Sleep(time.Minute)
		r.see(one, "1")
		time.Sleep(3 * time.Minute)
		r.see(two, "2")
		time.Sleep(10 * time.Minute)
		r.see(two, "3")
	})
	is(t, r.shown, "0 looking", "60 code read", "60 offered", "180 looking", "240 code read", "240 offered", "360 looking", "600 closed")
	is(t, r.did, "offer with 1", "offer with 2")
	if !strings.Contains(r.log.String(), "the owner has not answered") {
		t.Errorf("log: %s", r.log.String())
	}
}

// Who held the camera before the wrong page presses the button, and it looks again.
func TestPressWhileOffered(t *testing.T) {
	_, one := code(t, nil)
	_, two := code(t, nil)
	r := play(t, nil, func(r *rig) {
		r.Open()
		synctest.Wait()
		r.see(one, "1")
		time.Sleep(10 * time.Second)
		r.Open()
		synctest.Wait()
		r.see(two, "2")
		time.Sleep(10 * time.Second)
	})
	is(t, r.shown, "0 looking", "0 code read", "0 offered", "10 looking", "10 code read", "10 offered", "20 closed")
	is(t, r.did, "offer with 1", "offer with 2")
}

// A code that was read in the window's last moment is offered all the same.
func TestWindowEndsWhileItIsOffered(t *testing.T) {
	_, text := code(t, nil)
	r := play(t, nil, func(r *rig) {
		r.Open()
		time.Sleep(599 * time.Second)
		r.see(text, "")
		time.Sleep(time.Hour)
	})
	is(t, r.shown, "0 looking", "599 code read", "599 offered", "719 closed")
}

func TestWindow(t *testing.T) {
	r := play(t, nil, func(r *rig) {
		if u := r.Status().Until; !u.IsZero() {
			t.Errorf("open until %v before it was opened", u)
		}
		r.Open()
		time.Sleep(9 * time.Minute)
		r.Open() // pressed again
		if u := r.Status().Until; u.Sub(r.began) != 19*time.Minute {
			t.Errorf("open until %v", u.Sub(r.began))
		}
		time.Sleep(20 * time.Minute)
		r.Open()
		synctest.Wait()
		if !r.Looking() {
			t.Error("a press of the button does not open it again")
		}
	})
	is(t, r.shown, "0 looking", "1140 closed", "1740 looking", "1740 closed")
}

// What is wrong with a code is shown for as long as it is seen, and told once.
func TestRefusals(t *testing.T) {
	good, text := code(t, nil)
	r := play(t, func(r *rig) { r.refuse = errOfAnother }, func(r *rig) {
		r.Open()
		for range 10 {
			synctest.Wait()
			r.see(text, "")
			time.Sleep(showRefusal)
		}
		synctest.Wait()
		if s := r.Status(); s.Refused != errOfAnother.Error() {
			t.Errorf("status: %+v", s)
		}
		r.see("SIGNET1:NOTHING", "")
		time.Sleep(showRefusal)
		synctest.Wait()
		r.refuse, r.flash = nil, errors.New("code was used before")
		r.see(text+" ", "")
		time.Sleep(showRefusal)
		r.flash = nil
		synctest.Wait()
		r.see(text, "")
		if s := r.Status(); s.Refused != "" || s.State != Offered {
			t.Errorf("status: %+v", s)
		}
	})
	if n := strings.Count(r.log.String(), errOfAnother.Error()); n != 1 {
		t.Errorf("told %d times:\n%s", n, r.log.String())
	}
	if n := strings.Count(r.log.String(), "code refused"); n != 3 {
		t.Errorf("%d codes refused:\n%s", n, r.log.String())
	}
	for _, secret := range []string{text, text[20:60], fmt.Sprintf("%x", good.Secret)} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log holds the code:\n%s", r.log.String())
		}
	}
}

// However many codes are shown, few are remembered.
func TestManyRefusals(t *testing.T) {
	r := play(t, nil, func(r *rig) {
		for i := range 1000 {
			r.Open()
			synctest.Wait()
			r.see(fmt.Sprintf("SIGNET1:%d", i), "")
			time.Sleep(showRefusal)
		}
	})
	if n := len(r.refused); n != maxRefused {
		t.Errorf("%d are remembered", n)
	}
}

func TestWiFi(t *testing.T) {
	net := certs.WiFi{SSID: []byte("home"), Passphrase: []byte("correct horse")}
	with := func(c *certs.ClaimCode) { c.WiFi = &net }
	_, text := code(t, with)
	join := func(takes time.Duration, err error) func(*rig) {
		return func(r *rig) {
			r.cfg.Join = func(ctx context.Context, w certs.WiFi) error {
				r.did = append(r.did, "join "+string(w.SSID)+" "+string(w.Passphrase))
				select {
				case <-time.After(takes):
					return err
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
	}
	act := func(r *rig) { r.Open(); synctest.Wait(); r.see(text, ""); time.Sleep(61 * time.Second) }
	for name, c := range map[string]struct {
		change     func(*rig)
		shown, did []string
		logged     string
	}{
		"joined": {
			join(7*time.Second, nil),
			[]string{"0 looking", "0 code read", "0 joining the network", "7 offered", "61 closed"},
			[]string{"join home correct horse", "offer with "},
			"joining the network of the code",
		},
		"not joined": {
			join(time.Second, errors.New("no such network")),
			[]string{"0 looking", "0 code read", "0 joining the network", "1 offered", "61 closed"},
			[]string{"join home correct horse", "offer with "},
			"no such network",
		},
		"hangs": {
			join(time.Hour, nil),
			[]string{"0 looking", "0 code read", "0 joining the network", "60 offered", "61 closed"},
			[]string{"join home correct horse", "offer with "},
			"the network is not joined",
		},
		"no program": {
			nil,
			[]string{"0 looking", "0 code read", "0 offered", "61 closed"},
			[]string{"offer with "},
			"claim.wifi_hook",
		},
		"online already": {
			func(r *rig) { join(0, nil)(r); r.online = true },
			[]string{"0 looking", "0 code read", "0 offered", "61 closed"},
			[]string{"offer with "},
			"offered to the owner",
		},
		"refused": {
			func(r *rig) { join(0, nil)(r); r.refuse = errOfAnother },
			[]string{"0 looking", "0 code read", "0 refused", "5 looking", "61 closed"},
			nil, "code refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, c.change, act)
			is(t, r.shown, c.shown...)
			is(t, r.did, c.did...)
			if log := r.log.String(); !strings.Contains(log, c.logged) || strings.Contains(log, "horse") || strings.Contains(log, "=home") {
				t.Errorf("log: %s", log)
			}
		})
	}
}
