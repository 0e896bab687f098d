package recorder

import "sync"

// Limits of the queue. A part is about 1 MiB, so the bytes hold several parts and any number of records.
const (
	maxJobs  = 256
	maxBytes = 16 << 20
)

// job is one thing to seal, sign and spool.
type job struct {
	do   func() error
	size int  // bytes of plaintext held
	part bool // a clip part: let go first
}

// queue holds jobs in order, bounded. push never waits; it lets go the oldest part where there is no room, and only
// where there is none the oldest job.
type queue struct {
	mu      sync.Mutex
	jobs    []job
	bytes   int
	dropped uint64
	ready   chan struct{} // holds a token while there may be jobs
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
	q.dropped += uint64(dropped)
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return dropped
}

func (q *queue) leastNeeded() int {
	for i, j := range q.jobs {
		if j.part {
			return i
		}
	}
	return 0
}

func (q *queue) remove(i int) {
	q.bytes -= q.jobs[i].size
	q.jobs = append(q.jobs[:i], q.jobs[i+1:]...)
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

// lost returns how many jobs were let go.
func (q *queue) lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
