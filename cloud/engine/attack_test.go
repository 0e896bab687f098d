package engine_test

import (
	"encoding/pem"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// These attacks are those of a camera that has a true certificate of the fleet, and wants what is another's. They are made
// on this engine and, where it is installed, on mosquitto with the configuration in testdata.

// broker is what carries between cameras and the cloud.
type broker interface {
	Addr() string
	tell(t *testing.T, topic, message string) // as the cloud
	listen(t *testing.T) <-chan said          // as the cloud, to all that it may
}

type said struct{ topic, message string }

// ours is the engine of this package.
type ours struct{ *engine.Engine }

func (o ours) tell(t *testing.T, topic, m string) {
	t.Helper()
	if err := o.Conn().Publish(strings.ReplaceAll(topic, "/", "."), []byte(m)); err != nil {
		t.Fatal(err)
	}
}

func (o ours) listen(t *testing.T) <-chan said {
	t.Helper()
	ch := make(chan said, 1024)
	sub, err := o.Conn().Subscribe("signet.>", func(m *nats.Msg) { ch <- said{strings.ReplaceAll(m.Subject, ".", "/"), string(m.Data)} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	return ch
}

// onBoth runs an attack on both brokers.
func onBoth(t *testing.T, attack func(t *testing.T, fleet *certs.Fleet, b broker)) {
	t.Run("nats", func(t *testing.T) {
		fleet := cloudtest.Fleet(t)
		attack(t, fleet, ours{open(t, fleet)})
	})
	t.Run("mosquitto", func(t *testing.T) {
		fleet := cloudtest.Fleet(t)
		attack(t, fleet, mosquitto(t, fleet))
	})
}

// hears fails unless the next message that a camera hears is this one.
func hears(t *testing.T, what string, got <-chan []byte, want string) {
	t.Helper()
	select {
	case b := <-got:
		if string(b) != want {
			t.Errorf("%s hears %q instead of %q", what, b, want)
		}
	case <-time.After(cloudtest.Wait):
		t.Errorf("%s hears nothing", what)
	}
}

// A camera connects under the client id of another one, to end its connection, or to inherit its session and what waits
// there.
func TestAttackClientIDTakeover(t *testing.T) {
	onBoth(t, func(t *testing.T, fleet *certs.Fleet, b broker) {
		victim, thief := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
		lost := make(chan error, 1)
		session := func(o *mqtt.ClientOptions) {
			o.SetCleanSession(false)
			o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err })
		}
		s := victim.Connect(b.Addr(), session)
		own, ok := s.Listen(cloudtest.Topic(victim.ID, "grant"))
		if !ok {
			t.Fatal("own topic refused")
		}
		// It may be refused, or let in as what it is; it hears nothing of the victim's and the victim stays.
		inherited := make(chan []byte, 64)
		steal := func() (heard <-chan []byte, in bool) {
			ts, err := thief.Dial(b.Addr(), victim.ID.String(), func(o *mqtt.ClientOptions) {
				o.SetCleanSession(false)
				o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { inherited <- m.Payload() })
			})
			if err != nil {
				return nil, false
			}
			heard, _ = ts.Listen(cloudtest.Topic(victim.ID, "grant"))
			return heard, true
		}
		stolen, in := steal()
		b.tell(t, cloudtest.Topic(victim.ID, "grant"), "for the victim")
		hears(t, "the victim", own, "for the victim")
		select {
		case err := <-lost:
			t.Fatalf("the victim is disconnected: %v", err)
		default:
		}
		// What the thief may hear comes after what it may not.
		ts := thief.Connect(b.Addr())
		mine, ok := ts.Listen(cloudtest.Topic(thief.ID, "grant"))
		if !ok {
			t.Fatal("own topic refused")
		}
		b.tell(t, cloudtest.Topic(thief.ID, "grant"), "for the thief")
		hears(t, "the thief", mine, "for the thief")
		if n := len(stolen) + len(inherited); n != 0 {
			t.Errorf("let in %v, the thief hears %d messages of the victim", in, n)
		}
	})
}

// A camera writes into other cameras' topics, and reads them.
func TestAttackForeignTopics(t *testing.T) {
	onBoth(t, func(t *testing.T, fleet *certs.Fleet, b broker) {
		victim, thief := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
		cloud := b.listen(t)
		s := victim.Connect(b.Addr())
		own, ok := s.Listen(cloudtest.Topic(victim.ID, "receipts"))
		if !ok {
			t.Fatal("own topic refused")
		}
		var heard []<-chan []byte
		for _, topic := range []string{
			"#", "signet/#", "signet/v1/+/receipts", "signet/v1/+/records", cloudtest.Topic(victim.ID, "receipts"),
			cloudtest.Topic(victim.ID, "#"), cloudtest.Topic(victim.ID, "records"), cloudtest.Topic(victim.ID, "offers"),
		} {
			// A camera each: the broker may close a connection for asking. Mosquitto grants, and delivers nothing.
			ch, _ := cloudtest.NewCamera(t, fleet).Connect(b.Addr()).Listen(topic)
			heard = append(heard, ch)
		}
		b.tell(t, cloudtest.Topic(victim.ID, "receipts"), "for the victim")
		hears(t, "the victim", own, "for the victim")
		s.Send(cloudtest.Topic(victim.ID, "records"), 1, false, []byte("the victim's"))

		ts := thief.Connect(b.Addr())
		for _, channel := range []string{"records", "status", "answers", "offers", "receipts", "grant", "policy", "release", "epoch", "live"} {
			for _, retained := range []bool{false, true} {
				ts.Send(cloudtest.Topic(victim.ID, channel), 1, retained, []byte("forged"))
			}
		}
		ts.Send(cloudtest.Topic(thief.ID, "receipts"), 1, false, []byte("forged"))
		ts.Send(cloudtest.Topic(thief.ID, "records"), 1, false, []byte("its own"))
		for last := ""; last != "its own"; {
			select {
			case m := <-cloud:
				if m.message == "forged" {
					t.Errorf("the cloud hears a forged message on %s", m.topic)
				}
				last = m.message
			case <-time.After(cloudtest.Wait):
				t.Fatal("the thief's own record does not arrive")
			}
		}
		b.tell(t, cloudtest.Topic(victim.ID, "receipts"), "again")
		hears(t, "the victim", own, "again")
		for _, ch := range heard {
			if n := len(ch); n > 0 {
				t.Errorf("a thief hears %d messages, %q first", n, <-ch)
			}
		}
	})
}

// A camera has the broker write into another camera's topic when its connection ends.
func TestAttackForeignWill(t *testing.T) {
	onBoth(t, func(t *testing.T, fleet *certs.Fleet, b broker) {
		victim, thief := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
		cloud := b.listen(t)
		for _, c := range []struct {
			by *cloudtest.Camera
			of certs.DeviceID
		}{{thief, victim.ID}, {victim, victim.ID}} {
			cfg, conn := c.by.TLS(), &cut{}
			_, err := c.by.Dial(b.Addr(), c.by.ID.String(), func(o *mqtt.ClientOptions) {
				o.SetWill(cloudtest.Topic(c.of, "status"), "offline, says "+c.by.ID.String(), 1, true)
				o.SetTLSConfig(cfg)
				o.SetCustomOpenConnectionFn(conn.open(cfg))
			})
			if err == nil { // refused at the door is as good
				conn.cut()
			}
		}
		select {
		case m := <-cloud:
			if m.topic != cloudtest.Topic(victim.ID, "status") || m.message != "offline, says "+victim.ID.String() {
				t.Errorf("%s: %q", m.topic, m.message)
			}
		case <-time.After(cloudtest.Wait):
			t.Fatal("the victim's own will is not published")
		}
	})
}

// A stranger has a certificate of another fleet, a server's of this one, or a camera's that was revoked.
func TestAttackMosquittoWithoutATrueCertificate(t *testing.T) {
	fleet, theirs := cloudtest.Fleet(t), cloudtest.Fleet(t)
	good, thief, stranger, server := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, theirs), cloudtest.NewCamera(t, fleet)
	cert, err := certs.VerifyDeviceCertificate(thief.Cert, fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	b := mosquitto(t, fleet, cert.Serial)
	stranger.Fleet = fleet.Cert
	key := cloudtest.Key(t)
	if server.Cert, err = fleet.IssueServer(&key.PublicKey, []string{"localhost"}); err != nil {
		t.Fatal(err)
	}
	server.Key = key
	for name, c := range map[string]*cloudtest.Camera{"revoked": thief, "of another fleet": stranger, "a server's": server} {
		if _, err := c.Dial(b.Addr(), c.ID.String()); err == nil {
			t.Errorf("let in by a certificate that is %s", name)
		}
	}
	good.Connect(b.Addr())
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
