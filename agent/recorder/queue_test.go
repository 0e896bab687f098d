package recorder

import "testing"

func TestQueueLetsPartsGoFirst(t *testing.T) {
	q := newQueue()
	var done []int
	add := func(n, size int, part bool) int {
		return q.push(job{size: size, part: part, do: func() error { done = append(done, n); return nil }})
	}
	add(0, 1000, false)
	add(1, maxBytes/2, true)
	add(2, maxBytes/2-1000, true)
	if n := add(3, 2000, false); n != 1 {
		t.Errorf("%d jobs were let go for one that does not fit", n)
	}
	for j, ok := q.pop(); ok; j, ok = q.pop() {
		if err := j.do(); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{0, 2, 3}; !equal(done, want) {
		t.Errorf("left: %v, want %v", done, want)
	}
	if q.bytes != 0 || q.lost() != 1 {
		t.Errorf("%d bytes in an empty queue, %d lost", q.bytes, q.lost())
	}
}

func TestQueueIsBoundedInNumber(t *testing.T) {
	q := newQueue()
	for range maxJobs + 10 {
		q.push(job{do: func() error { return nil }})
	}
	if len(q.jobs) != maxJobs || q.lost() != 10 {
		t.Errorf("%d jobs are queued, %d were let go", len(q.jobs), q.lost())
	}
}

func TestQueueTakesOneJobOfAnySize(t *testing.T) {
	q := newQueue()
	if n := q.push(job{size: 2 * maxBytes, part: true}); n != 0 || len(q.jobs) != 1 {
		t.Error("a queue that was empty refused a job")
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
