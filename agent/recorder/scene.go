package recorder

import (
	"fmt"
	"sync"
	"time"

	"signet/agent/ownership"
	"signet/capture/moment"
	"signet/capture/motion"
)

// scenesAnHour bounds the records of scene changes of a camera, beside quiet: each holds a picture of up to 15 KB, and a
// lamp with a loose contact goes on all night. What it holds back is counted, and told with the next one.
const scenesAnHour = 6

// scenes is what a lane remembers of changes of the whole picture.
type scenes struct {
	mu      sync.Mutex
	told    [scenesAnHour]time.Time // when records were made, the oldest first
	n       int                     // changes that no record tells of
	first   instant                 // of them
	last    instant
	picture moment.Thumbnail // after the last
}

// SceneChanged says that the whole picture became another one, by light or by hand. That is no motion; a tamper record
// without event tells it, with a picture, at most once a minute and six times an hour.
func (l *Lane) SceneChanged(at motion.Stamp, t moment.Thumbnail) {
	if l.r.cfg.Terms() == nil {
		return
	}
	s := &l.scenes
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.picture = l.momentOf(at.At), t
	if s.n++; s.n == 1 {
		s.first = s.last
	}
	l.tellScenes(false)
}

// tellScenes makes a record of the changes that none tells of, if it is time; at the end in any case. The caller holds scenes.mu.
func (l *Lane) tellScenes(end bool) {
	s := &l.scenes
	if s.n == 0 || !end && (time.Since(s.told[scenesAnHour-1]) < quiet || time.Since(s.told[0]) < time.Hour) {
		return
	}
	at, picture, camera, reason := s.last, s.picture, l.facts.Load(), s.inWords()
	copy(s.told[:], s.told[1:])
	s.told[scenesAnHour-1] = time.Now()
	s.n, s.picture = 0, moment.Thumbnail{}
	l.r.pushNow(job{size: len(picture.JPEG), seal: func(t *ownership.Terms) (statement, error) {
		st, err := l.r.tamper(t, at, camera, nil, reason)
		if err != nil || picture.JPEG == nil {
			return st, err
		}
		m, err := sealThumbnail(t, picture.JPEG, nil)
		st.sealed = append(st.sealed, m)
		return st, err
	}})
}

func (s *scenes) inWords() string {
	if s.n == 1 {
		return "scene change"
	}
	minutes := max(1, (s.last.mono.Sub(s.first.mono)+time.Minute-1)/time.Minute)
	if minutes == 1 {
		return fmt.Sprintf("scene change, %d times in a minute", s.n)
	}
	return fmt.Sprintf("scene change, %d times in %d minutes", s.n, minutes)
}

// beginScenes forgets what was seen in an epoch that is over.
func (l *Lane) beginScenes() {
	s := &l.scenes
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told, s.n, s.picture = [scenesAnHour]time.Time{}, 0, moment.Thumbnail{}
}
