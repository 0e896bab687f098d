package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/score"
	"signet/test/benchmotion/table"
)

func TestDisturbancesTable(t *testing.T) {
	all := []judged{
		{"lamp", clip.Disturbed, 25, "Signet", score.Result{FalseEvents: 1, FalseSeconds: 0.25}},
		{"lamp", clip.Disturbed, 25, "motion daemon", score.Result{FalseEvents: 2, FalseSeconds: 3}},
		{"rain", clip.Disturbed, 25, "Signet", score.Result{FalseSeconds: 0.5}},
		{"road", clip.Footage, 25, "Signet", score.Result{FalseEvents: 9}},
	}
	got := disturbances(all)
	want := [][]string{{"lamp", "1 (0.2)", "2 (3.0)"}, {"rain", "0 (0.5)", "not seen"}, {"all", "1 (0.8)", "2 (3.0)"}}
	for i, r := range want {
		if !slices.Equal(got.Rows[i], r) {
			t.Errorf("%q, want %q", got.Rows[i], r)
		}
	}
	if len(got.Rows) != len(want) || !slices.Equal(got.Head, []string{"disturbance", "Signet", "motion daemon"}) {
		t.Errorf("%q, %d rows", got.Head, len(got.Rows))
	}
}

func TestRow(t *testing.T) {
	r := row("road", "Signet", score.Result{Visits: 2, Found: 1, FalseSeconds: 1.25, StillSeconds: 60, Frames: score.Count{True: 3, False: 1, Missed: 1}})
	if want := "road|Signet|1/2|0|1.2 of 60 s|0.750|0.750|0.750|-|-|-|-|-"; strings.Join(r, "|") != want {
		t.Errorf("%s, want %s", strings.Join(r, "|"), want)
	}
	if len(r) != len(head) {
		t.Errorf("%d cells below %d", len(r), len(head))
	}
	if r := row("road", "Signet", score.Result{FalseSeconds: 0.1, StillSeconds: 0.2}); r[4] != "-" {
		t.Errorf("something moves all the time: false motion %s", r[4])
	}
}

func TestMissedBars(t *testing.T) {
	tables := []*table.Table{
		{Rows: [][]string{append([]string{"luma"}, verdict(0.7, 0.6)...), verdict(0.5, 0.6)}},
		{Notes: []string{bars(judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2}})}},
	}
	if n := missedBars(tables); n != 2 {
		t.Errorf("%d bars are missed", n)
	}
}

func TestBars(t *testing.T) {
	late := func(ms ...int) (l []time.Duration) {
		for _, n := range ms {
			l = append(l, time.Duration(n)*time.Millisecond)
		}
		return l
	}
	cells := func(missed int) score.Result {
		return score.Result{HasCells: true, Cells: score.Count{True: 91, False: 9, Missed: missed}}
	}
	for _, c := range []struct {
		j    judged
		want string
	}{
		{judged{"highway", clip.Footage, 1, "Signet", cells(9)}, "kept"},
		{judged{"highway", clip.Footage, 1, "Signet", cells(10)}, "MISSED"},
		{judged{"highway", clip.Footage, 1, "frame difference", cells(90)}, ""},
		{judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2, Found: 2, Late: late(0, 600)}}, "kept"},
		{judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2, Found: 2, Late: late(0, 800)}}, "MISSED"},
		{judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2, Found: 2, Late: late(200, 500)}}, "MISSED"},
		{judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2, Found: 1, Late: late(0)}}, "MISSED"},
		{judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2, Found: 2, Late: late(0)}}, "MISSED"}, // on before it began
		{judged{"onebyone", clip.Footage, 1, "Signet", score.Result{Visits: 2, Found: 2, Late: late(0, 0), FalseEvents: 1}}, "MISSED"},
	} {
		if got := bars(c.j); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s, %s: %q, want %s", c.j.clip, c.j.method, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	b, err := parse([]string{"-run", "costs", "-footage", "films"})
	if err != nil || b.footage != "films" || !b.wants("costs", "whole") || b.wants("accuracy", "footage") {
		t.Errorf("%+v, %v", b, err)
	}
	if b, err := parse([]string{"-run", "detect"}); err != nil || b.wants("costs", "whole") || !b.wants("costs", "detect") {
		t.Errorf("%+v, %v", b, err)
	}
	for _, bad := range [][]string{{"-run", "("}, {"x"}, {"-at-once", "0"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is understood", bad)
		}
	}
}
