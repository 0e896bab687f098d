package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/estate"
)

const setUsage = "signet-owner set CAMERA name=Door records=off clips=on live=on sensitivity=7 min-size=0.5; default takes one back"

func runSet(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	number := f.Uint64("camera", 0, "`NUMBER` of the camera on a device with several")
	seal := f.String("seal", "", "the `KIND` of picture key that pictures are sealed to: x25519 or hybrid (post-quantum)")
	var drawn cli.List
	f.Var(&drawn, "zone", "where motion counts or does not, `NAME:watch:X,Y X,Y X,Y` or NAME:ignore:..., corners in percent of width and height; NAME:default takes it back; may be given several times")
	return takes(ctx, env, f, args, 1, 16, setUsage, func(h *holding, rest []string) (change, error) {
		if len(rest)+len(drawn) == 0 && *seal == "" {
			return nil, cli.WithHint(errors.New("nothing is set"), setUsage)
		}
		if *number >= certs.MaxCameras {
			return nil, fmt.Errorf("--camera %d: a device has at most %d, numbered from 0", *number, certs.MaxCameras)
		}
		to, err := h.recipients(*seal)
		if err != nil {
			return nil, err
		}
		if *seal == "hybrid" {
			fmt.Fprintln(env.Stderr, "note: no browser opens what is sealed to the post-quantum key: signet-owner list and open do")
		}
		return func(p *certs.Policy, s *certs.Settings) error {
			if to != nil {
				if err := estate.SealTo(to)(p, s); err != nil {
					return err
				}
			}
			return setAll(s, uint8(*number), rest, drawn)
		}, nil
	})
}

// setAll sets the words of a command line, and then draws its zones.
func setAll(s *certs.Settings, number uint8, words, drawn []string) error {
	c := s.Cameras[number]
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return cli.WithHint(fmt.Errorf("set %.40q: no value", word), "such as clips=off")
		}
		if key == "name" {
			s.Name = name(value)
		} else if err := setting(&c, key, value); err != nil {
			return err
		}
	}
	for _, text := range drawn {
		if err := drawZone(&c, text); err != nil {
			return cli.WithHint(fmt.Errorf("--zone %.80q: %w", text, err), `such as --zone "Street:ignore:0,0 100,0 100,30 0,40"`)
		}
	}
	s.Cameras[number] = c
	if c.Empty() {
		delete(s.Cameras, number)
	}
	return nil
}

// setting sets one thing of a camera.
func setting(c *certs.CameraSettings, key, value string) (err error) {
	switch key {
	case "camera-name":
		c.Name = name(value)
	case "records":
		c.Records, err = onOff(value)
	case "clips":
		c.Clips, err = onOff(value)
	case "live":
		c.Live, err = onOff(value)
	case "sensitivity":
		c.Sensitivity, err = sensitivity(value)
	case "min-size":
		if c.MinSize = nil; value != "default" {
			var least uint64
			least, err = leastSize(value)
			c.MinSize = &least
		}
	case "max-size":
		if c.MaxSize = 0; value != "default" {
			if c.MaxSize, err = percent(value); err == nil && c.MaxSize == 0 {
				err = errors.New("it must be 0.01 or more")
			}
		}
	case "zones":
		if c.Zones = nil; value != "default" {
			err = cli.WithHint(fmt.Errorf("%.40q is not default, which takes all back", value), "--zone draws one")
		}
	default:
		return cli.WithHint(fmt.Errorf("set %.40q: no such setting", key), "name, camera-name, records, clips, live, sensitivity, min-size, max-size, zones")
	}
	if err != nil {
		return fmt.Errorf("set %s: %w", key, err)
	}
	return nil
}

// name is none where it is taken back.
func name(s string) string {
	if s == "default" {
		return ""
	}
	return s
}

func onOff(s string) (*bool, error) {
	switch s {
	case "on":
		return new(true), nil
	case "off":
		return new(false), nil
	case "default":
		return nil, nil
	}
	return nil, fmt.Errorf("%s is neither on, off nor default", strconv.QuoteToASCII(s))
}

func sensitivity(s string) (uint64, error) {
	if s == "default" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n < 1 || n > certs.MaxSensitivity {
		return 0, fmt.Errorf("%s is not 1 to %d, nor default", strconv.QuoteToASCII(s), certs.MaxSensitivity)
	}
	return n, nil
}

// percent reads a number from 0 to 100, as ten-thousandths.
func percent(s string) (uint64, error) {
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(v >= 0 && v <= 100) {
		return 0, fmt.Errorf("%s is not a percentage from 0 to 100", strconv.QuoteToASCII(s))
	}
	return uint64(math.Round(100 * v)), nil
}

// leastSize reads a percentage that is not rounded to nothing.
func leastSize(s string) (uint64, error) {
	n, err := percent(s)
	if v, _ := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64); err == nil && n == 0 && v > 0 {
		err = errors.New("it must be 0, or 0.01 or more")
	}
	return n, err
}

// drawZone adds a zone, or puts it in the place of that of the same name, or takes it back.
func drawZone(c *certs.CameraSettings, text string) error {
	head, corners, ok := cutLast(text, ":")
	if ok && corners == "default" {
		n := len(c.Zones)
		c.Zones = slices.DeleteFunc(slices.Clone(c.Zones), func(z certs.Zone) bool { return z.Name == head })
		if len(c.Zones) == n {
			return errors.New("no zone of the camera has this name")
		}
		return nil
	}
	z := certs.Zone{}
	kind := ""
	if z.Name, kind, ok = cutLast(head, ":"); !ok || z.Name == "" || kind != "watch" && kind != "ignore" {
		return errors.New("neither NAME:watch:CORNERS nor NAME:ignore:CORNERS")
	}
	z.Watch = kind == "watch"
	for i, corner := range strings.Fields(corners) {
		x, y, _ := strings.Cut(corner, ",")
		var p certs.Point
		var errX, errY error
		p.X, errX = percent(x)
		p.Y, errY = percent(y)
		if err := errors.Join(errX, errY); err != nil {
			return fmt.Errorf("corner %d, %.40q, is not two percentages from 0 to 100", i+1, corner)
		}
		z.Points = append(z.Points, p)
	}
	if n := len(z.Points); n < certs.MinPoints || n > certs.MaxPoints {
		return fmt.Errorf("%d corners, not %d to %d", n, certs.MinPoints, certs.MaxPoints)
	}
	if isLine(z.Points) {
		return errors.New("the corners enclose nothing")
	}
	zones := slices.Clone(c.Zones)
	if i := slices.IndexFunc(zones, func(other certs.Zone) bool { return other.Name == z.Name }); i >= 0 {
		zones[i] = z
	} else {
		zones = append(zones, z)
	}
	c.Zones = zones
	return nil
}

// cutLast cuts s around the last separator.
func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// isLine tells whether corners lie on one line across or down the picture, or on one point.
func isLine(corners []certs.Point) bool {
	across, down := true, true
	for _, p := range corners {
		across = across && p.Y == corners[0].Y
		down = down && p.X == corners[0].X
	}
	return across || down
}
