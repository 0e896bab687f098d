package engine_test

import (
	"crypto/tls"
	"net"
	"net/url"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// cut is a connection that can be torn, as a power failure does it: without a DISCONNECT.
type cut struct{ c net.Conn }

func (x *cut) open(cfg *tls.Config) mqtt.OpenConnectionFunc {
	return func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		c, err := tls.Dial("tcp", u.Host, cfg)
		x.c = c
		return c, err
	}
}

func (x *cut) cut() { x.c.Close() }
