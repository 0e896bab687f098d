package near

import "testing"

func TestWord(t *testing.T) {
	words := []string{"brightness", "contrast", "", "gain", "grain"}
	for _, c := range []struct {
		word string
		most int
		want string
	}{
		{"brightness", 0, "brightness"},
		{"brighness", 1, "brightness"},
		{"brithgness", 1, ""},
		{"brithgness", 2, "brightness"},
		{"contrasts", 3, "contrast"},
		{"grain", 2, "grain"},
		{"gran", 1, "grain"},
		{"gan", 2, "gain"},
		{"xyz", 2, ""},
		{"", 1, ""},
	} {
		if got := Word(c.word, words, c.most); got != c.want {
			t.Errorf("%q, at most %d: %q, want %q", c.word, c.most, got, c.want)
		}
	}
}
