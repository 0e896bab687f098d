// Package table prints the same table for a terminal and for Markdown.
package table

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is rows of cells below a head. Notes stand below it.
type Table struct {
	Title string
	Head  []string
	Left  int // columns, from the first on, that are text rather than figures
	Rows  [][]string
	Notes []string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Note adds a note.
func (t *Table) Note(format string, a ...any) { t.Notes = append(t.Notes, fmt.Sprintf(format, a...)) }

// Text writes t with columns in line. A cell that repeats the one above it in the first column is left empty.
func (t *Table) Text(w io.Writer) error {
	width := make([]int, len(t.Head))
	for _, r := range append([][]string{t.Head}, t.Rows...) {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", t.Title)
	line := func(r []string) {
		var l strings.Builder
		for i, c := range r {
			gap := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i < t.Left {
				l.WriteString(c + gap + "  ")
			} else {
				l.WriteString(gap + c + "  ")
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(t.Head)
	last := ""
	for _, r := range t.Rows {
		shown := append([]string{}, r...)
		if r[0] == last {
			shown[0] = ""
		}
		last = r[0]
		line(shown)
	}
	for _, n := range t.Notes {
		b.WriteString("  " + n + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown writes t as GitHub shows tables.
func (t *Table) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", t.Title)
	line := func(r []string) {
		b.WriteString("|")
		for _, c := range r {
			b.WriteString(" " + strings.ReplaceAll(c, "|", `\|`) + " |")
		}
		b.WriteString("\n")
	}
	line(t.Head)
	rule := make([]string, len(t.Head))
	for i := range rule {
		rule[i] = "---:"
		if i < t.Left {
			rule[i] = "---"
		}
	}
	line(rule)
	for _, r := range t.Rows {
		line(r)
	}
	if len(t.Notes) > 0 {
		b.WriteString("\n" + strings.Join(t.Notes, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
