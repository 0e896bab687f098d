package daemon

import (
	"cmp"
	"math"

	"signet/capture/moment"
	"signet/capture/motion"
	"signet/certs"
)

// whole is a side of the picture, and its area, in an owner's settings.
const whole = 10000

// wished returns what camera i is set to: as it is configured, and above that what its owner wishes. mu must be held, or Run
// not begun.
func (d *Daemon) wished(i int) moment.Settings {
	s, w := d.settings, d.wishes[uint8(i)]
	s.Paused, s.NoClips = isFalse(w.Records), isFalse(w.Clips)
	s.Motion.Zones = d.zones[i]
	s.Motion = detector(s.Motion, &w)
	return s
}

// detector returns what a detector is set to. A configured size that contradicts a wished one gives way.
func detector(m motion.Config, w *certs.CameraSettings) motion.Config {
	m.Sensitivity = cmp.Or(int(w.Sensitivity), m.Sensitivity)
	if len(w.Zones) > 0 {
		m.Zones = zones(w.Zones)
	}
	if w.MinSize != nil {
		m.MinSize = float64(*w.MinSize) / whole
		if w.MaxSize == 0 && m.MaxSize < m.MinSize {
			m.MaxSize = 0 // none
		}
	}
	if w.MaxSize != 0 {
		m.MaxSize = float64(w.MaxSize) / whole
		if w.MinSize == nil && m.MinSize > m.MaxSize {
			m.MinSize = 0
		}
	}
	return m
}

// zones returns an owner's zones as the detector knows them.
func zones(all []certs.Zone) []motion.Zone {
	out := make([]motion.Zone, len(all))
	for i, z := range all {
		out[i] = motion.Zone{Name: z.Name, Ignore: !z.Watch, Points: make([]motion.Point, len(z.Points))}
		for j, p := range z.Points {
			out[i].Points[j] = motion.Point{X: float64(p.X) / whole, Y: float64(p.Y) / whole}
		}
	}
	return out
}

// count counts the zones that are watched, and those that are ignored. Their names are for their owner alone.
func count(all []motion.Zone) (watched, ignored int) {
	for _, z := range all {
		if z.Ignore {
			ignored++
		}
	}
	return len(all) - ignored, ignored
}

// blind tells whether areas are watched, and all of them together are too small for anything to be seen in: some six cells of
// eight pixels at 640x480.
func blind(all []motion.Zone) bool {
	const least = 0.00125 // of the picture
	watched, area := 0, 0.0
	for i := range all {
		if z := &all[i]; !z.Ignore {
			watched++
			area += z.Extent()
		}
	}
	return watched > 0 && area < least
}

// percent rounds a share of the picture to what an owner can set, for people.
func percent(share float64) float64 { return math.Round(share*whole) / 100 }
