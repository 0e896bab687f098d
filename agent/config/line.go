package config

import (
	"bytes"
	"reflect"
	"strings"
)

// lineOf returns the line, from 1, where a key is set, or 0. It knows tables and dotted keys as people write them; the
// TOML library tells no positions of keys.
func lineOf(text []byte, key []string) int {
	table := ""
	want := strings.Join(key, ".")
	for i, raw := range bytes.Split(text, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		if name, ok := strings.CutPrefix(line, "["); ok {
			table = strings.Trim(strings.SplitN(name, "]", 2)[0], "[ \t")
			if table == want {
				return i + 1
			}
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		name = strings.Trim(strings.TrimSpace(name), `"'`)
		if table != "" {
			name = table + "." + name
		}
		if name == want {
			return i + 1
		}
	}
	return 0
}

// keys lists every key there is, "camera.fps".
func keys() (all []string) {
	each(reflect.ValueOf(Config{}), "", func(name string, _ reflect.Value) { all = append(all, name) })
	return all
}

// value returns the value of a key.
func value(c Config, key string) (v any) {
	each(reflect.ValueOf(c), "", func(name string, f reflect.Value) {
		if name == key {
			v = f.Interface()
		}
	})
	return v
}

// each visits the keys below a table.
func each(table reflect.Value, prefix string, visit func(name string, v reflect.Value)) {
	for i := range table.NumField() {
		name := prefix + table.Type().Field(i).Tag.Get("toml")
		if f := table.Field(i); f.Kind() == reflect.Struct {
			each(f, name+".", visit)
		} else {
			visit(name, f)
		}
	}
}

// suggest names the known key that is nearest to an unknown one, where one is near.
func suggest(unknown string) string {
	best, least := "", 4
	for _, k := range keys() {
		if d := distance(unknown, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return "signet-agent config prints every key"
	}
	return "did you mean " + best + "?"
}

// distance is the number of single-character edits between two words (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
