package estate

import (
	"context"

	"signet/certs"
)

// Names returns what the owner's own newest policies call the cameras, as far as they say. What cannot be read is left out: it
// is words for people, and nothing depends on them.
func Names(ctx context.Context, cloud interface {
	Policies(ctx context.Context) ([][]byte, error)
}, o *certs.Owner,
) (map[certs.DeviceID]string, error) {
	key, err := certs.OwnerKey(o.Root, o.ID)
	if err != nil {
		return nil, err
	}
	policies, err := cloud.Policies(ctx)
	if err != nil {
		return nil, err
	}
	names, versions := map[certs.DeviceID]string{}, map[certs.DeviceID][2]uint64{}
	for _, b := range policies {
		p, err := certs.ParsePolicy(b, key)
		if err != nil || len(p.Settings) == 0 {
			continue
		}
		at := [2]uint64{p.Epoch, p.Version}
		if known := versions[p.Device]; at[0] < known[0] || at[0] == known[0] && at[1] <= known[1] {
			continue
		}
		if s, err := certs.OpenSettings(p.Settings, identities(o)...); err == nil && s.Name != "" {
			names[p.Device], versions[p.Device] = s.Name, at
		}
	}
	return names, nil
}
