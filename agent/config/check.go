package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"signet/capture/motion"
)

// check returns the first rule that is broken, or an empty one.
func (c *Config) check() rule {
	for _, r := range append(c.rules(), c.cameraRules()...) {
		if r.why != "" {
			return r
		}
	}
	return rule{}
}

// rule is a key and why its value is not acceptable, if it is not.
type rule struct {
	key, why string
	help     string // what helps against it, or nothing
	nth      []int  // of lineOf
}

func (c *Config) rules() []rule {
	return []rule{
		{key: "state", why: absolute(c.State)},
		{key: "motion.sensitivity", why: between(c.Motion.Sensitivity, motion.MinSensitivity, motion.MaxSensitivity)},
		{key: "motion.min_size", why: between(c.Motion.MinSize, 0, 100)},
		{key: "motion.max_size", why: between(c.Motion.MaxSize, 0.01, 100)},
		{key: "motion.max_size", why: ordered(c.Motion.MinSize, c.Motion.MaxSize, "motion.min_size")},
		{key: "event.pre_roll", why: within(c.Event.PreRoll, 0, 30*time.Second)},
		{key: "event.post_roll", why: within(c.Event.PostRoll, time.Second, time.Minute)},
		{key: "event.max_length", why: within(c.Event.MaxLength, 5*time.Second, time.Hour)},
		{key: "clip.max_fps", why: between(c.Clip.MaxFPS, 1, 60)},
		{key: "clip.max_bitrate", why: between(c.Clip.Bitrate, 80_000, 50_000_000)},
		{key: "clip.part", why: within(c.Clip.Part, 2*time.Second, 4*time.Second)},
		{key: "clip.memory", why: sized(c.Clip.Memory, 1<<20, 1<<30)},
		{key: "cloud.mqtt", why: address(c.Cloud.MQTT)},
		{key: "cloud.media", why: httpsBase(c.Cloud.Media)},
		{key: "cloud.first_within", why: within(c.Cloud.FirstWithin, 100*time.Millisecond, time.Hour)},
		{key: "claim.window", why: within(c.Claim.Window, time.Minute, time.Hour)},
		{key: "claim.wifi_hook", why: program(c.Claim.WiFiHook)},
		{key: "spool.max_size", why: sized(c.Spool.MaxSize, 1<<20, 16<<30)},
		{key: "spool.max_media", why: sized(c.Spool.MaxMedia, 0, 1<<40)},
	}
}

func between[T int | float64](v, least, most T) string {
	if v >= least && v <= most {
		return ""
	}
	return fmt.Sprintf("must be between %v and %v, is %v", least, most, v)
}

func ordered(least, most float64, name string) string {
	if least <= most {
		return ""
	}
	return fmt.Sprintf("must be at least %s, which is %v, is %v", name, least, most)
}

func within(v Duration, least, most time.Duration) string {
	if d := time.Duration(v); d >= least && d <= most {
		return ""
	}
	return fmt.Sprintf("must be between %v and %v, is %v", least, most, v)
}

func sized(v, least, most Size) string {
	if v >= least && v <= most {
		return ""
	}
	return fmt.Sprintf("must be between %d and %d bytes, is %d", least, most, v)
}

func short(s string, most int) string {
	if len(s) <= most {
		return ""
	}
	return fmt.Sprintf("must have at most %d bytes, has %d", most, len(s))
}

func absolute(path string) string {
	if filepath.IsAbs(path) {
		return ""
	}
	return fmt.Sprintf("must be an absolute path, is %q", path)
}

func program(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return "" // whether it can be run is told when the agent starts
	}
	return fmt.Sprintf("must be the absolute path of a program, without arguments, is %q", path)
}

func address(s string) string {
	if s == "" {
		return "" // told apart when it is used: replay and others need no cloud
	}
	if host, port, err := net.SplitHostPort(s); err != nil || host == "" || port == "" {
		return fmt.Sprintf("must be host:port, is %q", s)
	}
	return ""
}

func httpsBase(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return fmt.Sprintf("must be https://host:port, is %q", s)
	}
	return ""
}
