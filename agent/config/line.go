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
// tells in which, from 1, and so on for the tables in it, [[camera.zone]]; 0 is any. Where the key is not set there, it is the
// line of that table; of a table that has no line, that of its first key. It knows tables and dotted keys as people write
// them; the TOML library tells no positions of keys.
func lineOf(text []byte, key []string, nth ...int) int {
	want, table, instead, nearest := strings.Join(key, "."), "", 0, 0
	seen := map[string]int{} // tables of each name, within the one around them
	for i, raw := range bytes.Split(text, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		name, _, set := strings.Cut(line, "=")
		if head, ok := tableHead(line); ok {
			table, name = head, head
			seen[table]++
			maps.DeleteFunc(seen, func(other string, _ int) bool { return strings.HasPrefix(other, table+".") })
		} else if !set || strings.HasPrefix(line, "#") {
			continue
		} else {
			name = strings.Trim(strings.TrimSpace(name), `"'`)
			if table != "" {
				name = table + "." + name
			}
		}
		if elsewhere(seen, key, nth) {
			continue
		}
		if name == want || strings.HasPrefix(name, want+".") {
			return i + 1
		}
		if depth := strings.Count(name, ".") + 1; depth > nearest && depth <= len(nth) && nth[depth-1] > 0 && strings.HasPrefix(want, name+".") {
			instead, nearest = i+1, depth
		}
	}
	return instead
}

// tableHead returns the name of the table that a line begins. A list that is written on several lines begins none.
func tableHead(line string) (name string, ok bool) {
	if !strings.HasPrefix(line, "[") {
		return "", false
	}
	name = strings.Trim(strings.SplitN(line, "]", 2)[0], "[ \t")
	return name, name != "" && !strings.Contains(name, ",")
}

// elsewhere says whether the last of the tables seen is another one than that which nth tells of key. Tables that have no
// lines of their own are not told apart.
func elsewhere(seen map[string]int, key []string, nth []int) bool {
	for i, n := range nth {
		if i >= len(key) {
			break
		}
		if now := seen[strings.Join(key[:i+1], ".")]; n > 0 && now > 0 && now != n {
			return true
		}
	}
	return false
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

// values returns the value of a key, or all of them where it stands in a list of tables. The list itself is one value.
func values(c Config, key string) (all []any) {
	at := []reflect.Value{reflect.ValueOf(c)}
	names := strings.Split(key, ".")
	for i, name := range names {
		var next []reflect.Value
		for _, table := range at {
			f := field(table, name)
			if f.Kind() != reflect.Slice || i == len(names)-1 {
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
	all := map[string]string{"camera.controls": "[camera.controls]"}
	for _, k := range keys() {
		if table, _, ok := strings.Cut(k, "."); ok {
			all[table] = "[" + table + "]"
		}
	}
	all["camera"], all["camera.zone"] = "[[camera]]", "[[camera.zone]]"
	return all
}

// suggest names the known key that is nearest to an unknown one, where one is near.
func suggest(unknown string) string {
	if unknown == "zone" || unknown == "zones" {
		unknown = "camera.zone" // they are a camera's
	}
	name := near.Word(unknown, slices.Sorted(maps.Keys(tables())), 2)
	if table, ok := tables()[name]; ok && strings.Contains(unknown, ".") == strings.Contains(name, ".") {
		return "did you mean " + table + "?"
	}
	if best := near.Word(unknown, keys(), 3); best != "" {
		return "did you mean " + best + "?"
	}
	return "signet-agent config prints every key"
}
