package session

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/uplink/dial"
)

// link is one connection to the broker.
type link struct {
	s      *Session
	client mqtt.Client
	guard  *guard
	lost   chan error // the connection is over
}

// connection makes one connection and serves it until it is lost or ctx ends. It returns why.
func (s *Session) connection(ctx context.Context) error {
	renewed := s.cfg.Dial.Renewed() // before it is used
	l, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	p := newPump(l)
	s.setConnected(true, nil)
	s.cfg.Log.Info("uplink: connected", "cloud", s.cfg.Addr)
	err = p.run(ctx, renewed)
	if ctx.Err() != nil || errors.Is(err, errRenewed) {
		l.farewell()
	}
	return err
}

// open dials and exchanges CONNECT and CONNACK.
func (s *Session) open(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	conn, err := s.caller.Dial(ctx, s.cfg.Addr)
	if err != nil {
		return nil, err
	}
	l := &link{s: s, guard: newGuard(conn, len(downward)), lost: make(chan error, 1)}
	l.guard.failed = l.over
	l.client = mqtt.NewClient(s.options(l))
	tok := l.client.Connect()
	err = wait(ctx, tok)
	if err != nil {
		l.guard.Close()
		<-tok.Done() // its reads and writes end with the connection
		return nil, s.explain(l.guard.why(err))
	}
	return l, nil
}

// options makes paho a transport for one connection, and that connection the one that is open already.
//
// The session is clean: everything that comes down is sent again by the cloud until it is answered, so a session kept at
// the broker would only be state that can be wrong.
func (s *Session) options(l *link) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().
		AddBroker("tcp://"+s.cfg.Addr). // not dialled: see SetCustomOpenConnectionFn
		SetClientID(s.cfg.Device.String()).
		SetProtocolVersion(4).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetKeepAlive(keepAlive).
		SetPingTimeout(pingTimeout).
		SetConnectTimeout(handshake).
		SetWriteTimeout(2*time.Second). // how long Publish waits for paho, which is idle; the guard times the writing
		SetWill(s.topic(chStatus), offline, 1, true).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.take(m.Topic(), m.Payload()) }).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.over(err) })
	o.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) { return l.guard, nil })
	return o
}

func (s *Session) filters() map[string]byte {
	f := make(map[string]byte)
	for _, ch := range downward {
		f[s.topic(ch)] = 0
	}
	return f
}

// subscribe asks for what the cloud says, and is content only if all of it was granted.
func (l *link) subscribe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	tok := l.client.SubscribeMultiple(l.s.filters(), nil)
	if err := wait(ctx, tok); err != nil {
		return l.s.explain(l.guard.why(err))
	}
	for topic, code := range tok.(*mqtt.SubscribeToken).Result() {
		if code > 2 {
			return &dial.Error{
				Addr: l.s.cfg.Addr,
				Says: "the cloud refuses the camera's topic " + topic,
				Do:   "is the device enrolled at this cloud?",
				Err:  errRefusedTopic,
			}
		}
	}
	return nil
}

var errRefusedTopic = errors.New("subscription refused")

// over reports the end of the connection; the first reason counts.
func (l *link) over(err error) {
	select {
	case l.lost <- err:
	default:
	}
}

// farewell says that the camera goes on purpose.
func (l *link) farewell() {
	if !l.client.IsConnectionOpen() {
		return
	}
	l.client.Publish(l.s.topic(chStatus), 1, true, offline).WaitTimeout(farewell)
	l.client.Disconnect(uint(farewell.Milliseconds()) / 4)
}

// close ends the connection and all that paho has running for it.
func (l *link) close() {
	l.guard.Close()
	l.client.Disconnect(250)
}

// wait waits for a token.
func wait(ctx context.Context, tok mqtt.Token) error {
	select {
	case <-tok.Done():
		return tok.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// explain makes a line for people of what ended a connection.
func (s *Session) explain(err error) error {
	says, do := "", ""
	switch {
	case errors.Is(err, errNoPuback), errors.Is(err, errNoReceipt), errors.Is(err, errForgotten), errors.Is(err, errRenewed):
		says = err.Error()
	case strings.HasPrefix(err.Error(), "connection lost before "): // paho's word, where it heard of the end first
		err = io.ErrUnexpectedEOF
	case err.Error() == "pingresp not received, disconnecting":
		says = "the cloud no longer answers"
	case errors.Is(err, errUnasked):
		says, do = err.Error(), "is this an MQTT broker of signet-cloud?"
	case errors.Is(err, packets.ErrorRefusedNotAuthorised),
		errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword),
		errors.Is(err, packets.ErrorRefusedIDRejected):
		says, do = "the cloud refuses this camera", "is the device enrolled at this cloud, and not revoked?"
	case errors.Is(err, packets.ErrorRefusedServerUnavailable):
		says = "the cloud is not available"
	case errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		says, do = "the broker does not speak MQTT 3.1.1", "is this the MQTT port of signet-cloud?"
	}
	if says != "" {
		return &dial.Error{Addr: s.cfg.Addr, Says: says, Do: do, Err: err}
	}
	return s.cfg.Dial.Config().Explain(err, s.cfg.Addr)
}

// ended explains the end of a connection that had been up.
func (l *link) ended(err error) error {
	err = l.s.explain(l.guard.why(err))
	if d := (*dial.Error)(nil); errors.As(err, &d) {
		d.Lost = true
	}
	return err
}
