package claiming

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"signet/certs"
	"signet/internal/hint"
)

// Times of a claim.
const (
	grantWithin = 2 * time.Minute  // a code is good for no longer
	joinWithin  = 60 * time.Second // the program that joins a network
	showRefusal = 5 * time.Second
)

// maxRefused bounds how many codes are remembered, so that what is wrong with each is told once.
const maxRefused = 16

// State is how far the claim has come.
type State int

// The states.
const (
	Closed   State = iota // nothing is looked for
	Looking               // for a code
	CodeRead              // it is being checked, and the offer made
	Joining               // the network that the code names
	Offered               // a grant is waited for
	Refused               // the code is not for this camera, or not good any more
)

var names = [...]string{"closed", "looking", "code read", "joining the network", "offered", "refused"}

// String returns the state in a word or two.
func (s State) String() string {
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("state %d", int(s))
	}
	return names[s]
}

// Sighting is a code that a camera saw.
type Sighting struct {
	Text   string
	View   []byte // what the camera saw, image/jpeg; may be nil
	Camera int
}

// Config of a Claiming. Window, Check, Offer and Log are required.
type Config struct {
	Window time.Duration // that Open opens
	// Check says why a code is refused, before anything else is done with it.
	Check func(*certs.ClaimCode) error
	// Online says whether the camera has its cloud already, so that it joins no other network. May be nil: it has not.
	Online func() bool
	// Join joins the network that a code names. nil: nothing here can.
	Join func(context.Context, certs.WiFi) error
	// Offer offers the camera to the owner of a code, from then on until there is a grant.
	Offer func(code *certs.ClaimCode, view []byte) error
	// Show is told of each new state, from Run's goroutine. May be nil.
	Show func(State)
	Log  *slog.Logger
}

// Claiming is the claim through the lens. Run is for one goroutine at a time and may be called again, for the next owner; the
// other methods may be called at any time, concurrently.
type Claiming struct {
	cfg  Config
	saw  chan Sighting // while Looking
	open chan struct{} // one token: the window was opened

	refused [][sha256.Size]byte // codes, newest last; of Run's goroutine

	mu     sync.Mutex
	state  State
	until  time.Time // the window is open
	reason string    // of the last refusal
}

// New returns a Claiming whose window is closed.
func New(cfg Config) *Claiming {
	return &Claiming{cfg: cfg, saw: make(chan Sighting, 1), open: make(chan struct{}, 1)}
}

// Open opens the window anew.
func (c *Claiming) Open() {
	c.mu.Lock()
	c.until = time.Now().Add(c.cfg.Window)
	c.mu.Unlock()
	select {
	case c.open <- struct{}{}:
	default:
	}
}

// Status is how far the claim is, for people.
type Status struct {
	State   State
	Until   time.Time // when the window closes; zero if it is not open
	Refused string    // why the last code was refused; "" where none was, or a better one came
}

// Status returns how far the claim is.
func (c *Claiming) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Status{State: c.state, Refused: c.reason}
	if c.until.After(time.Now()) {
		s.Until = c.until
	}
	return s
}

// Looking says whether codes are looked for now.
func (c *Claiming) Looking() bool { return c.Status().State == Looking }

// Saw takes a code that a camera saw. The first one since Looking began counts, all others are dropped. It never waits.
func (c *Claiming) Saw(s Sighting) {
	select {
	case c.saw <- s:
	default:
	}
}

// Run looks for a code whenever the window is open, and does what follows, until ctx ends. It returns ctx.Err().
func (c *Claiming) Run(ctx context.Context) error {
	defer c.enter(Closed)
	for {
		left := c.left()
		if left <= 0 {
			c.enter(Closed)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-c.open:
			}
			continue
		}
		s, ok, err := c.look(ctx, left)
		if err != nil {
			return err
		}
		if ok {
			if err := c.claim(ctx, s); err != nil {
				return err
			}
		}
	}
}

// left is for how long the window is still open.
func (c *Claiming) left() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.until)
}

// enter begins a state. What was seen before it is forgotten.
func (c *Claiming) enter(s State) {
	c.mu.Lock()
	changed := c.state != s
	c.state = s
	select {
	case <-c.saw:
	default:
	}
	c.mu.Unlock()
	if changed && c.cfg.Show != nil {
		c.cfg.Show(s)
	}
}

// look waits for a code while the window is open.
func (c *Claiming) look(ctx context.Context, left time.Duration) (s Sighting, ok bool, err error) {
	if c.Status().State == Closed {
		c.cfg.Log.Info("claim: looking for the owner's code", "for", left.Round(time.Second))
	}
	c.enter(Looking)
	timer := time.NewTimer(left)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return s, false, ctx.Err()
		case s = <-c.saw:
			return s, true, nil
		case <-c.open:
			timer.Reset(c.left())
		case <-timer.C:
			c.cfg.Log.Info("claim: no longer looking for a code", "hint", "press the button, or start the camera again")
			return s, false, nil
		}
	}
}

// claim does what follows when a code was read. Its error is ctx.Err().
func (c *Claiming) claim(ctx context.Context, s Sighting) error {
	c.enter(CodeRead)
	code, err := certs.ParseClaimCode(s.Text)
	if err == nil {
		err = c.cfg.Check(code)
	}
	if err != nil {
		return c.refuse(ctx, s, err)
	}
	c.cfg.Log.Info("claim: code read", "owner", code.Owner.Short(), "camera", s.Camera)
	if code.WiFi != nil {
		if err := c.join(ctx, *code.WiFi); err != nil {
			return err
		}
	}
	if err := c.cfg.Offer(code, s.View); err != nil {
		return c.refuse(ctx, s, err)
	}
	c.enter(Offered)
	c.setReason("")
	c.cfg.Log.Info("claim: offered to the owner", "owner", code.Owner.Short())
	if pressed, err := c.linger(ctx, grantWithin); err != nil || pressed {
		return err
	}
	c.cfg.Log.Warn("claim: the owner has not answered", "within", grantWithin)
	return nil
}

// linger waits, or until somebody presses the button to look again. Its error is ctx.Err().
func (c *Claiming) linger(ctx context.Context, d time.Duration) (pressed bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.open:
		pressed = true
	case <-ctx.Done():
	}
	return pressed, ctx.Err()
}

// join joins a network. Where that fails the claim goes on: the camera may be on one already. Its error is ctx.Err().
func (c *Claiming) join(ctx context.Context, w certs.WiFi) error {
	if c.cfg.Online != nil && c.cfg.Online() {
		return nil // and whoever holds a code before the lens does not take it off its network
	}
	if c.cfg.Join == nil {
		c.cfg.Log.Warn("claim: the code names a Wi-Fi network, and nothing here can join it", "hint", "name a program that does in claim.wifi_hook")
		return nil
	}
	c.enter(Joining)
	c.cfg.Log.Info("claim: joining the network of the code")
	soon, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	err := c.cfg.Join(soon, w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.cfg.Log.Error("claim: the network is not joined", "err", err, "hint", hint.Of(err))
	}
	return nil
}

// refuse says what is wrong with a code, once for each, and shows it for a while, or until a press of the button. Its error is
// ctx.Err().
func (c *Claiming) refuse(ctx context.Context, s Sighting, why error) error {
	c.enter(Refused)
	c.setReason(why.Error())
	sum := sha256.Sum256([]byte(s.Text))
	if !slices.Contains(c.refused, sum) {
		c.refused = append(c.refused[max(0, len(c.refused)+1-maxRefused):], sum)
		c.cfg.Log.Warn("claim: code refused", "err", why, "camera", s.Camera, "hint", hint.Of(why))
	}
	_, err := c.linger(ctx, showRefusal)
	return err
}

func (c *Claiming) setReason(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reason = why
}
