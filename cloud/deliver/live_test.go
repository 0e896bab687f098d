package deliver

import (
	"testing"
	"testing/synctest"
	"time"

	"signet/certs"
)

// A session asks a camera one thing at a time, and a camera is asked only so often.
func TestAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking()
		one, two := &session{}, &session{name: "two"}
		d, e := certs.NewDeviceID(), certs.NewDeviceID()
		end, _ := a.begin(one, d)
		if end == nil {
			t.Fatal("first request refused")
		}
		if again, wait := a.begin(one, d); again != nil || wait <= 0 {
			t.Errorf("second at the same time: wait %v", wait)
		}
		for _, c := range []call{{two, d}, {one, e}} {
			if other, _ := a.begin(c.s, c.device); other == nil {
				t.Error("another session or camera is held up")
			}
		}
		end()
		n := 0
		for {
			end, wait := a.begin(one, d)
			if end == nil {
				if wait <= 0 || wait > 2*time.Second {
					t.Errorf("wait %v", wait)
				}
				time.Sleep(wait)
				break
			}
			end()
			if n++; n > 100 {
				t.Fatal("no end of requests")
			}
		}
		if end, _ := a.begin(one, d); end == nil {
			t.Error("refused after the wait that was named")
		}
	})
}
