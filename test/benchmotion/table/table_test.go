package table_test

import (
	"strings"
	"testing"

	"signet/test/benchmotion/table"
)

func sample() *table.Table {
	t := &table.Table{Title: "Costs", Head: []string{"clip", "µs"}, Left: 1}
	t.Add("road", "1")
	t.Add("road", "100 | 2")
	t.Note("one %s", "note")
	return t
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := sample().Text(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\nCosts\n\nclip       µs\nroad        1\n      100 | 2\n  one note\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := sample().Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\n### Costs\n\n| clip | µs |\n| --- | ---: |\n| road | 1 |\n| road | 100 \\| 2 |\n\none note\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
