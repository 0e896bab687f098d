package ledger

import (
	"testing"

	"signet/cloud/cloudtest"
)

// BenchmarkParse reads an entry with everything in it; one claim takes five signatures.
func BenchmarkParse(b *testing.B) {
	fleet := cloudtest.Fleet(b)
	full, _ := eventful(b, fleet)
	one := claimed(b, fleet, cloudtest.NewCamera(b, fleet).Claim(cloudtest.Owner(b), 1))
	for name, bk := range map[string]*Book{"one claim": one, "five claims": full} {
		raw := written(b, bk)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := rules(fleet).Parse(bk.device, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
