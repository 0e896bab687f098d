package recorder

import (
	"slices"
	"sync"

	"signet/agent/ownership"
)

// Limits of the queue. A part is about 1 MiB, so the bytes hold several parts and any number of records.
const (
	maxJobs  = 256
	maxBytes = 16 << 20
)

// job is one record to be made.
type job struct {
	seal  func(*ownership.Terms) (statement, error) // under the terms in force when its turn comes
	epoch uint64                                    // whose this is: in another epoch it is nobody's
	size  int                                       // bytes of plaintext held
	part  bool                                      // a clip part: let go first
}

// queue holds jobs in order, bounded. push never waits; it lets go the oldest part where there is no room, and only
// where there is none the oldest job.
type queue struct {
	mu    sync.Mutex
	jobs  []job
	bytes int
	ready chan struct{} // holds a token while there may be jobs
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

// push adds a job and returns how many were let go for it.
func (q *queue) push(j job) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, j)
	q.bytes += j.size
	for len(q.jobs) > 1 && (len(q.jobs) > maxJobs || q.bytes > maxBytes) {
		q.remove(q.leastNeeded())
		dropped++
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return dropped
}

func (q *queue) leastNeeded() int {
	return max(0, slices.IndexFunc(q.jobs, func(j job) bool { return j.part }))
}

func (q *queue) remove(i int) {
	q.bytes -= q.jobs[i].size
	q.jobs = slices.Delete(q.jobs, i, i+1)
}

// clear lets go of all jobs and returns how many they were.
func (q *queue) clear() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.jobs)
	q.jobs, q.bytes = nil, 0
	return n
}

// pop returns the oldest job.
func (q *queue) pop() (job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return job{}, false
	}
	j := q.jobs[0]
	q.remove(0)
	return j, true
}
