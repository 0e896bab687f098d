package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"signet/certs"
	"signet/internal/order"
)

const (
	maxJournal  = 1 << 20 // bytes that are read
	bigJournal  = 16 << 10
	journalSync = 2 * time.Second // how long a line may wait for its sync
	maxOpen     = 4096            // parts that are noted
	maxLost     = 64              // lost parts that are told at one start; the others are at the next
)

// journal is a small file of which parts are neither in the cloud nor told to be lost, so that after a kill or a power cut
// those that are not on flash can be told. A line is a sign and a position: "+3.17", it is to be uploaded; "-3.17", that
// is over. Lines that do not hold are passed over. Lines are written soon after and synced in groups: it is about telling,
// not saving, and a power cut may lose the last ones.
type journal struct {
	path string // "": none

	// Guarded by the queue's mu.
	open  map[certs.Position]bool
	lines []byte // not in the file yet

	writing sync.Mutex // held before the queue's mu
	size    int64      // of the file
	enough  int64      // the size at which it is written anew; 0: now
	failing bool       // to be logged once
}

// read takes in what an earlier run left.
func (j *journal) read() error {
	j.open = make(map[certs.Position]bool)
	if j.path == "" {
		return nil
	}
	b, err := certs.ReadFile(j.path, maxJournal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	j.parse(b)
	return err
}

func (j *journal) parse(b []byte) {
	for line := range bytes.Lines(b) {
		var sign byte
		var p certs.Position
		if n, err := fmt.Sscanf(string(line), "%c%d.%d\n", &sign, &p.Boot, &p.N); n != 3 || err != nil || line[len(line)-1] != '\n' {
			continue
		}
		switch sign {
		case '+':
			j.open[p] = true
		case '-':
			delete(j.open, p)
		}
	}
}

func (j *journal) line(sign byte, p certs.Position) {
	if j.path != "" {
		j.lines = fmt.Appendf(j.lines, "%c%d.%d\n", sign, p.Boot, p.N)
	}
}

// begin notes that the part at p is to be uploaded. The queue's mu must be held, as for end.
func (j *journal) begin(p certs.Position) {
	if !j.open[p] && len(j.open) < maxOpen {
		j.open[p] = true
		j.line('+', p)
	}
}

// end notes that nothing more is to be done about p.
func (j *journal) end(p certs.Position) {
	if j.open[p] {
		delete(j.open, p)
		j.line('-', p)
	}
}

// lost returns the open positions of which no part is there, in order.
func (j *journal) lost(parts []*part) (gone []certs.Position) {
	there := make(map[certs.Position]bool)
	for _, p := range parts {
		there[p.pos] = true
	}
	for p := range j.open {
		if !there[p] {
			gone = append(gone, p)
		}
	}
	order.By(gone, func(a, b certs.Position) int {
		if a.Less(b) {
			return -1
		}
		return 1
	})
	return gone
}

// scribe writes the journal until ctx ends.
func (q *Queue) scribe(ctx context.Context) {
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.jot:
			q.writeJournal(false)
			if due == nil {
				due = time.After(journalSync)
			}
		case <-due:
			due = nil
			q.writeJournal(true)
		}
	}
}

// writeJournal brings the file up to date. After a failure it is written anew at the next time.
func (q *Queue) writeJournal(durable bool) {
	j := &q.journal
	if j.path == "" {
		return
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	q.mu.Lock()
	lines := j.lines
	j.lines = nil
	anew := j.enough == 0 || j.size+int64(len(lines)) > j.enough
	if anew {
		lines = nil
		for p := range j.open {
			lines = fmt.Appendf(lines, "+%d.%d\n", p.Boot, p.N)
		}
	}
	q.mu.Unlock()

	var err error
	if anew {
		err = certs.WriteFile(j.path, lines, 0o600)
		j.size, j.enough = int64(len(lines)), max(bigJournal, 2*int64(len(lines)))
	} else {
		err = appendFile(j.path, lines, durable)
		j.size += int64(len(lines))
	}
	if err != nil {
		j.enough = 0
		if !j.failing {
			q.cfg.Log.Error("media: which parts wait cannot be noted", "err", err)
		}
	}
	j.failing = err != nil
}

func appendFile(path string, b []byte, durable bool) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	if _, err = f.Write(b); err == nil && durable {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
