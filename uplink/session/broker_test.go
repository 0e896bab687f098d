package session_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
)

// broker plays an MQTT broker, true or lying, one packet at a time. NATS plays the true one in nats_test.go.
type broker struct {
	t    testing.TB
	conf *tls.Config

	mu      sync.Mutex
	addr    string
	ln      net.Listener
	conns   map[*brokerConn]bool
	times   []time.Time // of connections
	resumed []bool
	shown   []*x509.Certificate // by the camera, each time
	got     []packets.ControlPacket

	// What it does; nil is the true thing. Called one at a time for each connection.
	connect   func(*brokerConn, *packets.ConnectPacket)
	publish   func(*brokerConn, *packets.PublishPacket)
	subscribe byte // return code
}

type brokerConn struct {
	net.Conn
	b  *broker
	id string
	mu sync.Mutex
}

// newBroker listens. Call start when its behaviour is set.
func newBroker(t testing.TB, conf *tls.Config) *broker {
	b := &broker{t: t, conf: conf, conns: make(map[*brokerConn]bool), addr: "127.0.0.1:0"}
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	ln, err := tls.Listen("tcp", b.addr, b.conf)
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	b.ln, b.addr = ln, ln.Addr().String()
	b.mu.Unlock()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go b.serve(&brokerConn{Conn: c, b: b})
		}
	}()
}

// stop ends the listener and every connection at once, as a power cut does.
func (b *broker) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ln != nil {
		b.ln.Close()
	}
	for c := range b.conns {
		c.Close()
	}
}

// cut ends every connection.
func (b *broker) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		c.Close()
	}
}

func (b *broker) serve(c *brokerConn) {
	defer c.Close()
	b.mu.Lock()
	b.conns[c] = true
	b.times = append(b.times, time.Now())
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.conns, c)
		b.mu.Unlock()
	}()
	for {
		p, err := packets.ReadPacket(c.Conn)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.got = append(b.got, p)
		b.mu.Unlock()
		switch p := p.(type) {
		case *packets.ConnectPacket:
			c.id = p.ClientIdentifier
			b.mu.Lock()
			state := c.Conn.(*tls.Conn).ConnectionState()
			b.resumed, b.shown = append(b.resumed, state.DidResume), append(b.shown, state.PeerCertificates[0])
			b.mu.Unlock()
			if b.connect != nil {
				b.connect(c, p)
				continue
			}
			c.write(packets.NewControlPacket(packets.Connack))
		case *packets.SubscribePacket:
			a := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			a.MessageID, a.ReturnCodes = p.MessageID, bytes.Repeat([]byte{b.subscribe}, len(p.Topics))
			c.write(a)
		case *packets.PublishPacket:
			if b.publish != nil {
				b.publish(c, p)
				continue
			}
			c.puback(p)
		case *packets.PingreqPacket:
			c.write(packets.NewControlPacket(packets.Pingresp))
		case *packets.DisconnectPacket:
			return
		}
	}
}

func (c *brokerConn) write(p packets.ControlPacket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = p.Write(c.Conn)
}

func (c *brokerConn) puback(p *packets.PublishPacket) {
	if p.Qos == 0 {
		return
	}
	a := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
	a.MessageID = p.MessageID
	c.write(a)
}

// say publishes to the camera.
func (c *brokerConn) say(channel string, payload []byte) {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = "signet/v1/"+c.id+"/"+channel, payload
	c.write(p)
}

// seen returns what came, of one kind.
func seen[P packets.ControlPacket](b *broker) (out []P) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.got {
		if p, ok := p.(P); ok {
			out = append(out, p)
		}
	}
	return out
}

// published returns the payloads of one channel.
func (b *broker) published(channel string) (out [][]byte) {
	for _, p := range seen[*packets.PublishPacket](b) {
		if channelOf(p) == channel {
			out = append(out, p.Payload)
		}
	}
	return out
}

func channelOf(p *packets.PublishPacket) string {
	return p.TopicName[len("signet/v1/00000000-0000-0000-0000-000000000000/"):]
}

// positionOf reads the position of a published record.
func positionOf(t testing.TB, payload []byte) certs.Position {
	t.Helper()
	return recordOf(t, payload).Position
}

func recordOf(t testing.TB, payload []byte) *certs.SignedRecord {
	t.Helper()
	raw, _, err := certs.SplitMessage(payload)
	if err != nil {
		t.Errorf("what the camera publishes is not a message: %v", err)
		return nil
	}
	r, err := certs.ParseRecord(raw)
	if err != nil {
		t.Errorf("what the camera publishes is not a record: %v", err)
		return nil
	}
	return r
}

// receipting makes the broker true: it acknowledges and sends a receipt for each record.
func (w *world) receipting(b *broker) {
	b.publish = func(c *brokerConn, p *packets.PublishPacket) { c.puback(p); w.truth(c, p) }
}

// newAnswered is a world whose cloud runs and acknowledges every record.
func newAnswered(t testing.TB) (*world, *broker) {
	t.Helper()
	w := newWorld(t)
	b := newBroker(t, w.server)
	w.receipting(b)
	b.start()
	return w, b
}

// truth sends a receipt for a record.
func (w *world) truth(c *brokerConn, p *packets.PublishPacket) {
	if channelOf(p) == "records" {
		pos := positionOf(w.t, p.Payload)
		c.say("receipts", w.receipts.Receipt(w.t, w.camera.ID, pos.Boot, pos.N, pos.N))
	}
}
