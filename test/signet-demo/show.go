package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// screen prints what people want to know of the programs' output, one line each, and keeps all of it in a log.
type screen struct {
	mu  sync.Mutex // the programs speak at once
	out io.Writer
	log io.Writer
}

// code is the part of the owner's link that is worth the keys, once.
var code = regexp.MustCompile(`#code=\S+`)

// field finds one value of a structured log line.
func field(line, name string) string {
	m := regexp.MustCompile(`(?:^|\s)` + name + `=("(?:[^"\\]|\\.)*"|\S+)`).FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	if text, err := strconv.Unquote(m[1]); err == nil {
		return text
	}
	return m[1]
}

// line takes one line of a program's output.
func (s *screen) line(from, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.log, "%-6s %s\n", from, code.ReplaceAllString(line, "#code=(not in a log)"))
	if text := translate(from, line); text != "" {
		fmt.Fprintf(s.out, "%-7s %s\n", from, text)
	}
}

// translate returns a line for people, or nothing.
func translate(from, line string) string {
	level, msg := field(line, "level"), field(line, "msg")
	switch {
	case level == "ERROR" || level == "WARN":
		return fault(line, msg)
	case from == "owner" && level == "":
		return line
	case from == "camera" && msg == "camera":
		text := fmt.Sprintf("%s, %s %sx%s", field(line, "name"), field(line, "format"), field(line, "width"), field(line, "height"))
		if fps := field(line, "fps"); fps != "0" { // as a camera on the network gives them
			text += " at " + fps + "/s"
		}
		return text
	case from == "camera" && msg == "recorded":
		return recorded(line)
	case from == "camera" && strings.HasPrefix(msg, "uplink: connected"):
		return "connected to the cloud"
	case from == "camera" && msg == "configuration changed":
		return changed(line)
	}
	return ""
}

func changed(line string) string {
	text := "configuration changed:"
	if keys := field(line, "at_once"); keys != "" {
		text += " " + keys + " at once"
	}
	if keys := field(line, "after_restart"); keys != "" {
		text += " " + keys + " after a restart"
	}
	return text
}

func recorded(line string) string {
	switch kind := field(line, "type"); kind {
	case "started", "ended":
		return fmt.Sprintf("event %s %s", short(field(line, "event")), kind)
	case "tamper", "gap", "claimed", "closed":
		return kind
	}
	return ""
}

// short returns the part of an event's id that is enough to name it.
func short(id string) string { return id[:min(len(id), 13)] }

func fault(line, msg string) string {
	if err := field(line, "err"); err != "" {
		msg += ": " + err
	}
	if hint := field(line, "hint"); hint != "" {
		msg += " (hint: " + hint + ")"
	}
	return msg
}
