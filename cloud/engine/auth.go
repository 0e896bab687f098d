package engine

import (
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"signet/certs"
)

// authenticate answers the server's questions who may come in. It is the auth callout: of the server's hooks the only
// one that is shown the MQTT client id.
func (e *Engine) authenticate(m *nats.Msg) {
	req, err := jwt.DecodeAuthorizationRequestClaims(string(m.Data))
	if err != nil {
		e.log.Warn("refuse connection: unreadable request", "err", err)
		return
	}
	answer := jwt.NewAuthorizationResponseClaims(req.UserNkey)
	answer.Audience = req.Server.ID
	device, serial, err := e.identify(req)
	if err == nil {
		e.doors.forget(e.connected)
		err = e.doors.enter(device, serial, req.ClientInformation.ID, time.Now())
	}
	if err == nil {
		answer.Jwt, err = e.permit(device, req.UserNkey)
	}
	if err != nil {
		e.refused.Add(1)
		e.log.Warn("refuse connection", "client", clip(req.ClientInformation.MQTT, 64), "addr", req.ClientInformation.Host, "err", err)
		answer.Error = "not authorized"
	} else {
		e.log.Info("camera connected", "device", device, "addr", req.ClientInformation.Host)
	}
	token, err := answer.Encode(e.issuer)
	if err != nil {
		e.log.Error("answer connection", "err", err)
		return
	}
	if err := m.Respond([]byte(token)); err != nil {
		e.log.Error("answer connection", "err", err)
	}
}

// identify returns the device that a connection proved to be, and the serial number of the certificate that proved it.
func (e *Engine) identify(req *jwt.AuthorizationRequestClaims) (certs.DeviceID, *big.Int, error) {
	if t := req.ClientInformation.Type; t != "mqtt" {
		return certs.DeviceID{}, nil, fmt.Errorf("%q is not a camera's protocol", clip(t, 16))
	}
	if req.TLS == nil || len(req.TLS.VerifiedChains) == 0 || len(req.TLS.VerifiedChains[0]) == 0 {
		return certs.DeviceID{}, nil, errors.New("no verified certificate")
	}
	block, _ := pem.Decode([]byte(req.TLS.VerifiedChains[0][0]))
	if block == nil {
		return certs.DeviceID{}, nil, errors.New("unreadable certificate")
	}
	device, err := certs.VerifyDeviceCertificate(block.Bytes, e.cfg.Fleet)
	if err != nil {
		return certs.DeviceID{}, nil, err
	}
	if req.ClientInformation.MQTT != device.Device.String() {
		return certs.DeviceID{}, nil, fmt.Errorf("client id is not the certificate's device %s", device.Device)
	}
	return device.Device, device.Serial, nil
}

// permit allows a device its own channels and nothing else.
func (e *Engine) permit(device certs.DeviceID, user string) (string, error) {
	c := jwt.NewUserClaims(user)
	c.Name = device.String()
	c.Audience = fleetAccount
	c.AllowedConnectionTypes.Add(jwt.ConnectionTypeMqtt)
	c.Limits.Subs = 2 * int64(len(down))
	c.Limits.Payload = maxPayload
	for _, ch := range up {
		c.Pub.Allow.Add(DeviceSubject(device, ch))
	}
	for _, ch := range down {
		c.Sub.Allow.Add(DeviceSubject(device, ch))
	}
	return c.Encode(e.issuer)
}

// serveAuthentication answers with several workers: one takes about 1.4 ms a connect, most of it signatures.
func (e *Engine) serveAuthentication(workers int) error {
	queue := make(chan *nats.Msg, 4096)
	sub, err := e.auth.ChanSubscribe(server.AuthCalloutSubject, queue)
	if err != nil {
		return fmt.Errorf("subscribe to authentication: %w", err)
	}
	for range workers {
		e.wg.Go(func() {
			for {
				select {
				case m := <-queue:
					e.authenticate(m)
				case <-e.done:
					return
				}
			}
		})
	}
	e.authSub = sub
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}
