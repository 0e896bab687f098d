package certs

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds the words in statements that people read, in bytes.
const maxText = 256

// checkText refuses what could do more than be read: words reach terminals and logs.
func checkText(s string) error {
	switch {
	case len(s) > maxText:
		return errors.New("text is too long")
	case !utf8.ValidString(s):
		return errors.New("text is not UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("text has control characters")
	}
	return nil
}

// fitText makes words fit that come from elsewhere (a driver, an error), so that they never cost the statement
// around them: what may not stand there is replaced by U+FFFD, what is too long is cut.
func fitText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, s)
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// printable says whether s is 1 to limit characters of printable ASCII.
func printable(s string, limit int) bool {
	return len(s) > 0 && len(s) <= limit && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
