package session

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/iotest"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"golang.org/x/time/rate"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/dial"
)

// stream is a connection that is only read.
type stream struct {
	net.Conn
	io.Reader
}

func (s stream) Read(p []byte) (int, error) { return s.Reader.Read(p) }

func pkt(t testing.TB, p packets.ControlPacket) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func publish(topic string, payload []byte) packets.ControlPacket {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = topic, payload
	return p
}

func suback(n int) packets.ControlPacket {
	p := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
	p.MessageID, p.ReturnCodes = 1, make([]byte, n)
	return p
}

// What a true broker sends passes unchanged, however it is cut into reads.
func TestGuardPasses(t *testing.T) {
	t.Parallel()
	var all []byte
	for _, p := range []packets.ControlPacket{
		packets.NewControlPacket(packets.Connack), suback(len(downward)), publish("t", nil), packets.NewControlPacket(packets.Puback),
		publish("t", make([]byte, 64<<10)), packets.NewControlPacket(packets.Pingresp), publish("t", make([]byte, 200)),
	} {
		all = append(all, pkt(t, p)...)
	}
	for name, r := range map[string]io.Reader{
		"at once":      bytes.NewReader(all),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(all)),
		"in halves":    iotest.HalfReader(bytes.NewReader(all)),
	} {
		got, err := io.ReadAll(newGuard(stream{Reader: r}, len(downward)))
		if err != nil || !bytes.Equal(got, all) {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(all), err)
		}
	}
}

// Whatever a broker sends, paho's reader sees only packets that it can take: of a bounded size, and no SUBACK longer than
// what was subscribed to.
func FuzzGuard(f *testing.F) {
	f.Add(pkt(f, suback(len(downward))), uint8(1))
	f.Add(pkt(f, suback(len(downward)+1)), uint8(1))
	f.Add(pkt(f, publish("signet", []byte("x"))), uint8(3))
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0x7f}, uint8(9))
	f.Add([]byte{0x30, 0x80, 0x00}, uint8(9))
	f.Add([]byte{0x34, 0x05, 0, 1, 'a', 0, 1}, uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		g := newGuard(stream{Reader: &chunks{b, int(piece) + 1}}, len(downward))
		total := 0
		for {
			p, err := packets.ReadPacket(g)
			if err != nil {
				if total > len(b) {
					t.Errorf("%d bytes out of %d", total, len(b))
				}
				return
			}
			switch p := p.(type) {
			case *packets.SubackPacket:
				if len(p.ReturnCodes) != len(downward) {
					t.Errorf("SUBACK with %d codes", len(p.ReturnCodes))
				}
			case *packets.PublishPacket:
				if p.Qos != 0 || len(p.Payload) > maxDown {
					t.Errorf("PUBLISH with QoS %d, %d bytes", p.Qos, len(p.Payload))
				}
				total += len(p.Payload)
			case *packets.ConnackPacket, *packets.PubackPacket, *packets.PingrespPacket:
			default:
				t.Errorf("passed: %T", p)
			}
		}
	})
}

// chunks gives n bytes a read.
type chunks struct {
	b []byte
	n int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.b[:min(c.n, len(c.b))])
	c.b = c.b[n:]
	return n, nil
}

// FuzzDownlink gives the handler of what comes down any topic and payload, receipts above all: nothing of it takes a record
// out of the window that no receipt names.
func FuzzDownlink(f *testing.F) {
	fleet := certstest.NewFleet(f)
	device := certs.DeviceID{0: 0xd5, 6: 0x40, 8: 0x80} // not random: the fuzzer's workers are processes of their own
	receipts := certstest.NewReceipts(f, fleet)
	other := certstest.NewReceipts(f, certstest.NewFleet(f))
	ring, err := dial.NewRing(dial.Config{Certificate: tls.Certificate{Certificate: [][]byte{{1}}, PrivateKey: certstest.NewKey(f)}, CA: fleet.Cert})
	if err != nil {
		f.Fatal(err)
	}
	topic := "signet/v1/" + device.String() + "/"
	f.Add(topic+"receipts", receipts.Receipt(f, certs.NewDeviceID(), 1, 1, 9))
	f.Add(topic+"receipts", other.Receipt(f, device, 1, 1, 9))
	f.Add(topic+"receipts", []byte{0xd2, 0x84})
	f.Add(topic+"grant", []byte("x"))
	f.Add(topic+"policy", []byte("x"))
	f.Add(topic+"release", []byte("x"))
	f.Add(topic+"epoch", []byte("x"))
	f.Add(topic+"live", []byte("x"))
	f.Add(topic, []byte{})
	f.Add("", []byte{})
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		s := &Session{cfg: Config{Device: device, Dial: ring, Log: slog.New(slog.DiscardHandler)}, down: newDown()}
		s.down.viewers = rate.NewLimiter(rate.Inf, 1)
		p := &pump{link: &link{s: s}, window: flights{{}, {}, {}}}
		for i, f := range p.window {
			f.pos.Boot, f.pos.N = 1, uint64(i+1)
		}
		s.take(topic, payload)
		p.receipt(payload, certstest.Time)
		if len(p.window) != 3 {
			t.Error("a receipt that nobody signed was believed")
		}
		queued := 0
		for _, q := range s.down.queues {
			queued += len(q)
		}
		if st := s.Stats(); queued+int(st.Garbage) != 1 {
			t.Errorf("%d queued, %d counted as garbage", queued, st.Garbage)
		}
	})
}

func TestGuardSaysWhy(t *testing.T) {
	t.Parallel()
	g := newGuard(stream{Reader: bytes.NewReader([]byte{0x30, 0xff, 0xff, 0xff, 0x7f})}, len(downward))
	_, err := io.ReadAll(g)
	if !errors.Is(err, errUnasked) || g.why(io.EOF) != err {
		t.Errorf("%v, then %v", err, g.why(io.EOF))
	}
	if _, again := g.Read(make([]byte, 1)); again != err {
		t.Errorf("read on: %v", again)
	}
}
