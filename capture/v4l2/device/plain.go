package device

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes of what a device says of itself, or whoever named a process, a text that a terminal or log only shows: what
// cannot be printed, such as the escape that begins a terminal's commands, is replaced by U+FFFD.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// nameable says whether text can stand in a configuration as people type it: printable ASCII.
func nameable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
