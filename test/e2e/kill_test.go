package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/agent/status"
	"signet/certs"
	"signet/owner/client"
	"signet/test/rig"
)

// TestKillInTheMiddleOfAnEvent kills camera and cloud, each at once and in the middle of an event, and starts them
// again: no record is lost, none stands twice on the page, and the clip plays up to the last part that was uploaded.
func TestKillInTheMiddleOfAnEvent(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t, rig.Config{Camera: "generated"})
	s.start(s.StartCloud, s.StartAgent, s.StartOwner)
	_, cloud := s.owner()
	b.open(s.link())

	b.await(60*time.Second, "an event runs", running)
	s.await(t, 20*time.Second, "parts of its clip are uploaded", func() bool { return s.count("media stored") >= 3 })
	s.Cloud.Kill()
	promised := s.durable(t)
	s.Agent.Kill()
	time.Sleep(500 * time.Millisecond) // both are away for a moment
	s.start(s.StartCloud, s.StartAgent)

	b.await(30*time.Second, "the page is live again", `document.querySelector('[data-testid=status]').dataset.state === "live"`)
	s.await(t, 30*time.Second, "everything that was promised has arrived", func() bool {
		return s.last(t, cloud) >= promised
	})
	got := s.positions(t, cloud)
	for n := uint64(1); n <= promised; n++ {
		if !slices.Contains(got, certs.Position{Boot: 1, N: n}) {
			t.Errorf("record 1.%d is lost", n)
		}
	}
	if dup := twice(got); dup != "" {
		t.Errorf("record %s is delivered twice", dup)
	}
	if n := eval[int](b, `(() => { const ids = [...document.querySelectorAll('[data-testid=event]')].map(e => e.dataset.event); return ids.length - new Set(ids).size })()`); n != 0 {
		t.Errorf("%d events stand twice on the page", n)
	}
	b.shot("after")

	b.do(10*time.Second, "open the interrupted event", clickFirstEvent)
	frame := `Number(document.querySelector('[data-testid=clip-canvas]')?.dataset.frame ?? -1)`
	b.await(20*time.Second, "the clip is there", frame+" >= 0")
	first := eval[int](b, frame)
	b.await(10*time.Second, "the clip plays up to its last part", fmt.Sprintf("%s > %d", frame, first+2))
	b.shot("interrupted-clip")
}

const running = `document.querySelector('[data-testid=event][data-state=running]')`

// count returns how many lines of what the programs said contain text.
func (s *site) count(text string) (n int) {
	for _, line := range s.said() {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// await polls until done says so.
func (s *site) await(t *testing.T, within time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain: %s", within, what)
		}
	}
}

// durable returns the number of the last record that is safe on the camera's flash, as the running agent says.
func (s *site) durable(t *testing.T) uint64 {
	t.Helper()
	r, err := status.Read(t.Context(), s.Path("camera"))
	if err != nil {
		t.Fatal(err)
	}
	var boot, n uint64
	if _, err := fmt.Sscanf(r.Spool.Last, "%d.%d", &boot, &n); err != nil || boot != 1 {
		t.Fatalf("last position is %q", r.Spool.Last)
	}
	return n
}

// positions returns the positions of all records that the cloud delivers to the owner.
func (s *site) positions(t *testing.T, c *client.Client) (all []certs.Position) {
	t.Helper()
	var seq uint64
	for {
		items, err := c.After(t.Context(), seq, client.PageSize)
		if err != nil {
			t.Fatal(err)
		}
		if len(items) == 0 {
			return all
		}
		for _, i := range items {
			r, err := certs.ParseRecord(i.Record)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r.Position)
			seq = i.Seq
		}
	}
}

// last returns the highest n of the first boot that has arrived.
func (s *site) last(t *testing.T, c *client.Client) (n uint64) {
	for _, p := range s.positions(t, c) {
		if p.Boot == 1 {
			n = max(n, p.N)
		}
	}
	return n
}

// twice returns a position that occurs twice, if any.
func twice(all []certs.Position) string {
	seen := map[certs.Position]bool{}
	for _, p := range all {
		if seen[p] {
			return p.String()
		}
		seen[p] = true
	}
	return ""
}
