package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/method"
	"signet/test/benchmotion/score"
	"signet/test/benchmotion/table"
)

var head = []string{
	"clip", "method", "events found", "false events", "false motion", "precision", "recall", "frame F",
	"cell F", "cell precision", "cell recall", "late, median", "worst",
}

// accuracyTables shows recordings and the scene in full, disturbances by their false motion.
func accuracyTables(all []judged) []*table.Table {
	var tables []*table.Table
	t := &table.Table{Title: "What is found", Head: head, Left: 2}
	for _, j := range all {
		if j.group != clip.Disturbed {
			t.Add(row(fmt.Sprintf("%s, %.0f s", j.clip, j.length), j.method, j.Result)...)
		}
	}
	if len(t.Rows) > 0 {
		t.Note("False motion is the time in which motion is reported and nothing moves, of the time in which nothing moves.")
		t.Note("Signet was developed on the recordings and with the scene; the others were not.")
		t.Note("Late is from an event's first frame to the first frame that is reported; not where motion was reported for a second before.")
		for _, j := range all {
			if text := bars(j); text != "" {
				t.Note("%s", text)
			}
		}
		tables = append(tables, t)
	}
	if d := disturbances(all); len(d.Rows) > 0 {
		tables = append(tables, d)
	}
	return tables
}

func row(name, method string, r score.Result) []string {
	cells := []string{"-", "-", "-"}
	if r.HasCells {
		cells = []string{share(r.Cells.F()), share(r.Cells.Precision()), share(r.Cells.Recall())}
	}
	return append([]string{
		name, method,
		fmt.Sprintf("%d/%d", r.Found, r.Visits), fmt.Sprint(r.FalseEvents),
		falseMotion(r),
		share(r.Frames.Precision()), share(r.Frames.Recall()), share(r.Frames.F()),
	}, append(cells, late(r.LateMedian()), late(r.LateWorst()))...)
}

// falseMotion says nothing of a clip in which something moves all the time.
func falseMotion(r score.Result) string {
	if r.StillSeconds < 1 {
		return "-"
	}
	return fmt.Sprintf("%.1f of %.0f s", r.FalseSeconds, r.StillSeconds)
}

func share(v float64, known bool) string {
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}

func late(d time.Duration, known bool) string {
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// disturbances is a row for each of them, a column for each method.
func disturbances(all []judged) *table.Table {
	t := &table.Table{Title: "An empty room, disturbed: false events (seconds of false motion)", Head: []string{"disturbance"}, Left: 1}
	var names []string
	var length float64
	cell := map[[2]string]string{}
	sum := map[string]score.Result{}
	for _, j := range all {
		if j.group != clip.Disturbed {
			continue
		}
		if !slices.Contains(t.Head, j.method) {
			t.Head = append(t.Head, j.method)
		}
		if !slices.Contains(names, j.clip) {
			names = append(names, j.clip)
		}
		length = j.length
		cell[[2]string{j.clip, j.method}] = falsely(j.Result)
		sum[j.method] = sum[j.method].Plus(j.Result)
	}
	for _, n := range names {
		r := []string{n}
		for _, m := range t.Head[1:] {
			r = append(r, cmp.Or(cell[[2]string{n, m}], "not seen"))
		}
		t.Add(r...)
	}
	if len(names) == 0 {
		return t
	}
	total := []string{"all"}
	for _, m := range t.Head[1:] {
		total = append(total, falsely(sum[m]))
	}
	t.Add(total...)
	t.Note("Each lasts %.0f s, the first 10 s of which are calm, at 10 frames/s. Nobody is there.", length)
	return t
}

func falsely(r score.Result) string {
	if r.FalseEvents == 0 && r.FalseSeconds == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%.1f)", r.FalseEvents, r.FalseSeconds)
}

// Bars that Signet should keep on the recordings whose truth is known here.
const (
	barCells  = 0.91 // cell F of highway
	barMedian = 300 * time.Millisecond
	barWorst  = 700 * time.Millisecond
)

// bars says whether Signet keeps them.
func bars(j judged) string {
	kept := false
	var text string
	switch {
	case j.method != (method.Signet{}).Name() || j.group != clip.Footage:
		return ""
	case j.clip == "highway" && j.HasCells:
		f, _ := j.Cells.F()
		kept, text = f >= barCells, fmt.Sprintf("cell F of highway at least %v", barCells)
	case j.clip == "onebyone":
		median, _ := j.LateMedian()
		worst, _ := j.LateWorst()
		kept = j.Found == j.Visits && j.FalseEvents == 0 && len(j.Late) == j.Visits && median <= barMedian && worst <= barWorst
		text = fmt.Sprintf("onebyone all %d events, no false one, late at most %v in the median and %v at worst", j.Visits, barMedian, barWorst)
	default:
		return ""
	}
	if kept {
		return "Bar kept: " + text + "."
	}
	return "Bar " + missed + ": " + text + "."
}

const missed = "MISSED"

// missedBars counts the bars that were missed.
func missedBars(tables []*table.Table) (n int) {
	for _, t := range tables {
		for _, note := range t.Notes {
			n += strings.Count(note, missed)
		}
		for _, row := range t.Rows {
			for _, cell := range row {
				n += strings.Count(cell, missed)
			}
		}
	}
	return n
}
