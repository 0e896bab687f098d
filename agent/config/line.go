package config

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"

	"signet/internal/near"
)

// lineOf returns the line, from 1, where a key is set, or 0. Of a key in one of several tables of a name, [[camera]], nth
// tells in which, from 1; where the key is not set there, it is the line of that table; of a table that has no line, that
// of its first key. It knows tables and dotted keys as people write them; the TOML library tells no positions of keys.
func lineOf(text []byte, key []string, nth int) int {
	want, table, seen, instead := strings.Join(key, "."), "", 0, 0
	for i, raw := range bytes.Split(text, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		name, _, set := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			table = strings.Trim(strings.SplitN(line, "]", 2)[0], "[ \t")
			if table == key[0] {
				seen++
			}
			name = table
		case !set || strings.HasPrefix(line, "#"):
			continue
		default:
			name = strings.Trim(strings.TrimSpace(name), `"'`)
			if table != "" {
				name = table + "." + name
			}
		}
		if nth > 0 && seen > 0 && seen != nth {
			continue
		}
		if name == want || strings.HasPrefix(name, want+".") {
			return i + 1
		}
		if nth > 0 && name == key[0] {
			instead = i + 1
		}
	}
	return instead
}

// keys lists every key there is, "camera.fps".
func keys() []string { return below(reflect.TypeFor[Config](), "") }

// below lists the keys of a table, and of those in it.
func below(table reflect.Type, prefix string) (all []string) {
	for i := range table.NumField() {
		f := table.Field(i)
		name := prefix + f.Tag.Get("toml")
		if inner := one(f.Type); inner.Kind() == reflect.Struct {
			all = append(all, below(inner, name+".")...)
		} else {
			all = append(all, name)
		}
	}
	return all
}

// one returns the type of one table of a list of them, and any other type as it is.
func one(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

// values returns the value of a key, or all of them where it stands in a list of tables.
func values(c Config, key string) (all []any) {
	at := []reflect.Value{reflect.ValueOf(c)}
	for name := range strings.SplitSeq(key, ".") {
		var next []reflect.Value
		for _, table := range at {
			f := field(table, name)
			if f.Kind() != reflect.Slice {
				next = append(next, f)
				continue
			}
			for i := range f.Len() {
				next = append(next, f.Index(i))
			}
		}
		at = next
	}
	for _, f := range at {
		all = append(all, f.Interface())
	}
	return all
}

// field returns what a table has for one name.
func field(table reflect.Value, name string) reflect.Value {
	return table.FieldByNameFunc(func(f string) bool {
		s, _ := table.Type().FieldByName(f)
		return s.Tag.Get("toml") == name
	})
}

// tables lists the names of tables and how they are written.
func tables() map[string]string {
	all := map[string]string{}
	for _, k := range keys() {
		if table, _, ok := strings.Cut(k, "."); ok {
			all[table] = "[" + table + "]"
		}
	}
	all["camera"] = "[[camera]]"
	return all
}

// suggest names the known key that is nearest to an unknown one, where one is near.
func suggest(unknown string) string {
	if table, ok := tables()[near.Word(unknown, slices.Sorted(maps.Keys(tables())), 2)]; ok && !strings.Contains(unknown, ".") {
		return "did you mean " + table + "?"
	}
	if best := near.Word(unknown, keys(), 3); best != "" {
		return "did you mean " + best + "?"
	}
	return "signet-agent config prints every key"
}
