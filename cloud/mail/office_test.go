package mail

import (
	"context"
	"fmt"
	"math/big"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// office is mail with a real engine and a real ledger. What it sends to cameras is heard.
type office struct {
	*Mail
	t       *testing.T
	dir     string
	fleet   *certs.Fleet
	engine  *engine.Engine
	ledger  *ledger.Store
	down    chan *nats.Msg
	revoked atomic.Pointer[big.Int]
	full    atomic.Bool // the disk
	close   func()
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return openOffice(t, t.TempDir(), cloudtest.Fleet(t))
}

func openOffice(t *testing.T, dir string, fleet *certs.Fleet) *office {
	t.Helper()
	o := &office{t: t, dir: dir, fleet: fleet, down: make(chan *nats.Msg, 256)}
	var err error
	if o.engine, err = engine.Open(t.Context(), engine.Config{
		Dir: dir, Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, fleet), Fleet: fleet.Cert, Log: cloudtest.Log(t),
		Free: func(string) (uint64, error) {
			if o.full.Load() {
				return 1, nil
			}
			return 1 << 40, nil
		},
	}); err != nil {
		t.Fatal(err)
	}
	o.close = sync.OnceFunc(o.engine.Close)
	t.Cleanup(o.close)
	if o.ledger, err = ledger.NewStore(t.Context(), ledger.Config{JetStream: o.engine.JetStream(), Fleet: fleet.Cert}); err != nil {
		t.Fatal(err)
	}
	if o.Mail, err = New(t.Context(), Config{
		Engine: o.engine, Fleet: fleet.Cert, Ledger: o.ledger, Metrics: metrics.NewSet(), Log: cloudtest.Log(t),
		Revoked: func(n *big.Int) bool { r := o.revoked.Load(); return r != nil && r.Cmp(n) == 0 },
	}); err != nil {
		t.Fatal(err)
	}
	for _, ch := range []engine.Channel{engine.Grant, engine.Policy, engine.Release} {
		if _, err := o.engine.Conn().ChanSubscribe("signet.v1.*."+string(ch), o.down); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// begin puts a claim or renewal into the ledger, as a bound record does.
func (o *office) begin(w *cloudtest.Owned) {
	o.t.Helper()
	c, err := ledger.ParseClaim(w.Record(certs.Claimed), o.fleet.Cert)
	if err != nil {
		o.t.Fatal(err)
	}
	o.change(w.ID, func(b *ledger.Book) *ledger.Book {
		next, _, veto := b.Claim(c, time.Now())
		if veto != nil {
			o.t.Fatal(veto)
		}
		return next
	})
}

// end puts the end of an epoch into the ledger: by a release, or without one by a reset.
func (o *office) end(w *cloudtest.Owned, release []byte) {
	o.t.Helper()
	owner := o.sender(w.Owner).Key
	e, err := ledger.ParseEnd(w.Closing(certs.Position{Boot: w.Boot, N: w.Next}, release), o.fleet.Cert, owner)
	if err != nil {
		o.t.Fatal(err)
	}
	o.change(w.ID, func(b *ledger.Book) *ledger.Book {
		next, _, veto := b.Close(e, time.Now())
		if veto != nil {
			o.t.Fatal(veto)
		}
		return next
	})
}

func (o *office) change(d certs.DeviceID, f func(*ledger.Book) *ledger.Book) {
	o.t.Helper()
	b, revision, err := o.ledger.Load(o.t.Context(), d)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, _, err := o.ledger.Save(o.t.Context(), f(b), revision); err != nil {
		o.t.Fatal(err)
	}
}

// shows binds a record that was made by a version of the policy.
func (o *office) shows(w *cloudtest.Owned, version uint64) {
	o.t.Helper()
	r := w.Record(certs.Tamper, func(r *certs.Record) { r.PolicyVersion = version })
	o.put(engine.RecordSubject(&r.Record), r.Raw)
}

// put writes behind the cloud's back.
func (o *office) put(subject string, b []byte) {
	o.t.Helper()
	if _, err := o.engine.JetStream().Publish(o.t.Context(), subject, b); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) sender(who *certs.Owner) Sender {
	o.t.Helper()
	key, id, err := certs.ParseSPKI(who.SPKI)
	if err != nil {
		o.t.Fatal(err)
	}
	return Sender{Owner: id, Key: key, SPKI: who.SPKI}
}

// claimed has an owner claim a camera through the office, up to the first record.
func (o *office) claimed(cam *cloudtest.Camera, who *certs.Owner, epoch uint64) *cloudtest.Owned {
	o.t.Helper()
	asking, grant := o.granted(cam, who, epoch)
	w := asking.Take(grant, who)
	o.begin(w)
	o.shows(w, 1)
	o.drain()
	return w
}

// granted is claimed up to the grant.
func (o *office) granted(cam *cloudtest.Camera, who *certs.Owner, epoch uint64) (*cloudtest.Asking, []byte) {
	o.t.Helper()
	code := cloudtest.Code(who)
	asking := cam.Ask(code, epoch)
	o.must(o.take(o.t.Context(), cam.ID, asking.Message, time.Now()))
	grant := cloudtest.Confirm(o.t, who, asking.Message, code, o.fleet)
	o.must(o.PutGrant(o.t.Context(), o.sender(who), grant))
	return asking, grant
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// drain returns what was sent to cameras since, "<channel> <its SHA-256>".
func (o *office) drain() (out []string) {
	o.t.Helper()
	o.must(o.engine.Conn().Flush())
	for {
		select {
		case m := <-o.down:
			d, err := engine.DeviceOf(m.Subject)
			o.must(err)
			out = append(out, fmt.Sprintf("%s %s %s", d, lastOf(m.Subject), certs.HashOf(m.Data)))
		default:
			slices.Sort(out)
			return out
		}
	}
}

func lastOf(subject string) string { return path.Ext(subject)[1:] }

// letters is what was sent, by channel.
type letters map[engine.Channel][]byte

// sent says whether exactly this was sent to a device, and nothing to others.
func (o *office) sent(when string, d certs.DeviceID, want letters) {
	o.t.Helper()
	var all []string
	for ch, b := range want {
		all = append(all, fmt.Sprintf("%s %s %s", d, ch, certs.HashOf(b)))
	}
	slices.Sort(all)
	if got := o.drain(); !slices.Equal(got, all) {
		o.t.Errorf("%s:\n sent %q\n want %q", when, got, all)
	}
}

// sends is sent, of what is sent at an occasion like a connect.
func (o *office) sends(when string, d certs.DeviceID, want letters) {
	o.t.Helper()
	o.drain()
	o.must(o.send(context.Background(), d))
	o.sent(when, d, want)
}

// stored counts messages in the store.
func (o *office) stored() uint64 {
	o.t.Helper()
	info, err := o.kept.stream.Info(o.t.Context())
	o.must(err)
	return info.State.Msgs
}

// keptBack counts what was found where it does not belong.
func (o *office) keptBack() uint64 {
	return o.cfg.Metrics.GetOrCreateCounter("signet_mail_kept_back_total").Get()
}
