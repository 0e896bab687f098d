package bind_test

import (
	"testing"
	"time"

	"golang.org/x/time/rate"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/cloudtest"
)

// BenchmarkBind is a record with a 15 KB picture, from publish to receipt, with a camera's window of 16 on each of 8
// connections. 1.7 ms (570 a second) on 2 cores shared with the cameras, loaded by others, each write synced; 2026-11-21.
func BenchmarkBind(b *testing.B) {
	bn := startWith(b, func(c *bind.Config) { c.Rate = rate.Inf })
	const cameras, window = 8, 16
	type conn struct {
		w    *cloudtest.Owned
		s    *cloudtest.Session
		got  <-chan []byte
		msgs [][]byte
	}
	var conns []*conn
	for i := range cameras {
		w := cloudtest.NewCamera(b, bn.fleet).Claim(cloudtest.Owner(b), 1)
		c := &conn{w: w, s: w.Connect(bn.Addr())}
		c.s.Deliver(w.Camera, cloudtest.Message(b, w.Record(certs.Claimed)))
		c.got, _ = c.s.Listen(cloudtest.Topic(w.ID, "receipts"))
		for range b.N/cameras + min(1, b.N%cameras/(i+1)) {
			sealed, md := w.Picture(15 << 10)
			c.msgs = append(c.msgs, cloudtest.Message(b, w.Record(certs.Tamper, func(r *certs.Record) { r.Media = []certs.Media{md} }), sealed))
		}
		conns = append(conns, c)
	}
	b.ResetTimer()
	done := make(chan struct{})
	for _, c := range conns {
		go func() {
			defer func() { done <- struct{}{} }()
			sent, open := 0, 0
			for sent < len(c.msgs) || open > 0 {
				for sent < len(c.msgs) && open < window {
					c.s.Publish(cloudtest.Topic(c.w.ID, "records"), 1, false, c.msgs[sent])
					sent++
					open++
				}
				select {
				case raw := <-c.got:
					r, err := certs.ParseReceipt(raw, c.w.Fleet)
					if err != nil {
						b.Error(err)
						return
					}
					for _, x := range r.Bound {
						open -= int(x.To - x.From + 1)
					}
				case <-time.After(cloudtest.Wait):
					b.Error("no receipt")
					return
				}
			}
		}()
	}
	for range conns {
		<-done
	}
}
