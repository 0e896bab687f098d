package daemon

import "sync"

// notice tells any number of goroutines that there is something to look at. Whoever waits takes the channel first, then
// looks, then waits until it is closed. The zero value is ready.
type notice struct {
	mu sync.Mutex
	c  chan struct{}
}

// next returns a channel that is closed by the next tell.
func (n *notice) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c == nil {
		n.c = make(chan struct{})
	}
	return n.c
}

func (n *notice) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c != nil {
		close(n.c)
		n.c = nil
	}
}
