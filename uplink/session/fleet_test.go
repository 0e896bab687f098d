package session_test

import (
	"testing"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// A cloud may be reached by TLS of a CA of its own; its receipts are the fleet's all the same.
func TestReceiptsAreOfTheFleetWhateverTLSTrusts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tls := certstest.NewFleet(t)
	for name, c := range map[string]struct {
		receipts *certstest.Receipts
		holds    bool
	}{
		"of the fleet":       {w.receipts, true},
		"of who answers TLS": {certstest.NewReceipts(t, tls), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t, w.receipts = t, c.receipts
			w.reopen(t.TempDir())
			b := newBroker(t, uplinktest.Server(t, tls, w.fleet.Cert))
			w.receipting(b)
			b.start()
			w.record(certs.Tamper, spool.Urgent)
			cfg := w.config(b.addr)
			by := uplinktest.Dial(w.camera, tls)
			by.Fleet = w.fleet.Cert
			cfg.Dial = uplinktest.Ring(t, by)
			s, _ := w.run(cfg)
			uplinktest.Eventually(t, "a receipt", func() bool { st := s.Stats(); return st.Bound+st.BadReceipts > 0 })
			if bound := s.Stats().Bound == 1; bound != c.holds {
				t.Errorf("stats: %+v", s.Stats())
			}
		})
	}
}
