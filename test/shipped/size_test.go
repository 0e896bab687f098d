package shipped_test

import (
	"os"
	"testing"
)

// maxSize is in bytes, of a stripped agent for linux/arm. Measured: 13,893,794 for ARMv6 (Go 1.26.8, 2026-11-22), of which WebRTC
// and its codecs are about a third.
const maxSize = 14_000_000

func TestSize(t *testing.T) {
	for _, to := range []target{armv6, armv7} {
		info, err := os.Stat(to.agent(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("signet-agent for ARMv%s: %d bytes", to.goarm, info.Size())
		if info.Size() > maxSize {
			t.Errorf("signet-agent for ARMv%s has %d bytes, more than %d", to.goarm, info.Size(), maxSize)
		}
	}
}
