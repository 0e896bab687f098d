package config

import (
	"fmt"
	"regexp"
	"strings"
)

// wrongType is how the TOML library words a value of another type than its key's: in Go's.
var wrongType = regexp.MustCompile(`^(?:incompatible types: TOML value has type (.+); destination has type (.+)|type mismatch for \S+: expected (table) but found (.+))$`)

// wanted and found name types for people, as the library names those of keys and of values.
var (
	wanted = map[string]string{
		"integer": "a whole number", "float": "a number", "boolean": "true or false", "string": "a string",
		"primitive (string-like)": "a string", "table": "a table", "slice": "a list of tables",
	}
	found = map[string]string{
		"int64": "a number", "float64": "a number with a fraction", "bool": "true or false", "string": "a string",
		"[]any": "a list", "map[string]any": "a table", "[]map[string]any": "a list of tables",
		"time.Time": "a date",
	}
)

// notValue is how the library words something that is no value at all.
var notValue = regexp.MustCompile(`^expected value but found (.+) instead$`)

// plain says in words for people what the TOML library, or log/slog, has said in theirs.
func plain(text string) string {
	if m := wrongType.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("must be %s, is %s", word(wanted, m[2]+m[3]), word(found, m[1]+m[4]))
	}
	if text == "unexpected EOF; expected value" || text == `expected value but found '\n' instead` {
		return "the value is missing"
	}
	if m := notValue.FindStringSubmatch(text); m != nil {
		return m[1] + " begins no value; a string stands in quotes"
	}
	if strings.HasPrefix(text, "slog: level string ") {
		return "must be debug, info, warn or error"
	}
	if missing, ok := strings.CutPrefix(text, "unexpected EOF; expected "); ok {
		return "the file ends before " + missing
	}
	return strings.NewReplacer(`'\x00'`, "the end of the file", "EOF", "the end of the file", "out of range for int64", "too large").Replace(text)
}

func word(names map[string]string, name string) string {
	if w, ok := names[name]; ok {
		return w
	}
	return name
}
