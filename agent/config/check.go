package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"time"
)

// check returns the first key whose value is not acceptable, and why.
func (c *Config) check() (key, why string) {
	for _, r := range c.rules() {
		if r.why != "" {
			return r.key, r.why
		}
	}
	return "", ""
}

type rule struct{ key, why string }

func (c *Config) rules() []rule {
	return []rule{
		{"state", absolute(c.State)},
		{"camera.fps", between(c.Camera.FPS, 0, 240)},
		{"camera.name", short(c.Camera.Name, 128)},
		{"motion.sensitivity", between(c.Motion.Sensitivity, 1, 10)},
		{"event.pre_roll", within(c.Event.PreRoll, 0, 30*time.Second)},
		{"event.post_roll", within(c.Event.PostRoll, time.Second, time.Minute)},
		{"event.max_length", within(c.Event.MaxLength, 5*time.Second, time.Hour)},
		{"clip.max_fps", between(c.Clip.MaxFPS, 1, 60)},
		{"clip.max_bitrate", between(c.Clip.Bitrate, 80_000, 50_000_000)},
		{"clip.part", within(c.Clip.Part, 2*time.Second, 4*time.Second)},
		{"clip.memory", sized(c.Clip.Memory, 1<<20, 1<<30)},
		{"cloud.mqtt", address(c.Cloud.MQTT)},
		{"cloud.media", httpsBase(c.Cloud.Media)},
		{"cloud.first_within", within(c.Cloud.FirstWithin, 100*time.Millisecond, time.Hour)},
		{"spool.max_size", sized(c.Spool.MaxSize, 1<<20, 16<<30)},
		{"spool.max_media", sized(c.Spool.MaxMedia, 0, 1<<40)},
	}
}

func between[T int | float64](v, least, most T) string {
	if v >= least && v <= most {
		return ""
	}
	return fmt.Sprintf("must be between %v and %v, is %v", least, most, v)
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
