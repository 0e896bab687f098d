package recorder

import (
	"slices"
	"testing"
)

// sizes tells jobs apart.
func sizes(q *queue) (all []int) {
	for j, ok := q.pop(); ok; j, ok = q.pop() {
		all = append(all, j.size)
	}
	return all
}

func TestQueueLetsPartsGoFirst(t *testing.T) {
	q := newQueue()
	q.push(job{size: 1000})
	q.push(job{size: maxBytes / 2, part: true})
	q.push(job{size: maxBytes/2 - 1000, part: true})
	if n := q.push(job{size: 2000}); n != 1 {
		t.Errorf("%d jobs were let go for one that does not fit", n)
	}
	if got, want := sizes(q), []int{1000, maxBytes/2 - 1000, 2000}; !slices.Equal(got, want) {
		t.Errorf("left: %v, want %v", got, want)
	}
	if q.bytes != 0 {
		t.Errorf("%d bytes in an empty queue", q.bytes)
	}
}

func TestQueueIsBoundedInNumber(t *testing.T) {
	q := newQueue()
	gone := 0
	for i := range maxJobs + 10 {
		gone += q.push(job{size: i})
	}
	if left := sizes(q); gone != 10 || len(left) != maxJobs || left[0] != 10 {
		t.Errorf("%d jobs were let go, %d are left, the oldest is %d", gone, len(left), left[0])
	}
}

func TestQueueTakesOneJobOfAnySize(t *testing.T) {
	q := newQueue()
	if n := q.push(job{size: 2 * maxBytes, part: true}); n != 0 || len(q.jobs) != 1 {
		t.Error("a queue that was empty refused a job")
	}
}
