package live

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"signet/capture"
	"signet/capture/compress"
	"signet/capture/mjpeg"
	"signet/internal/wait"
)

// A raw frame of 640x480 takes about 27 million instructions on 32-bit ARM to compress (November 2026): five a second
// are enough to see what goes on.
const (
	rawPause   = 200 * time.Millisecond
	rawQuality = 70
)

// picture is one JPEG image, made once and shared by all viewers. Nobody writes to it.
type picture struct {
	number uint32
	at     time.Time
	jpeg   []byte
}

// feed carries the newest frame from the camera's goroutine to the viewers: one slot that offer writes, one picture
// that viewers read. What nobody took in time is replaced.
type feed struct {
	log *slog.Logger

	watching atomic.Int32
	wake     chan struct{} // of one; run waits here

	mu   sync.Mutex
	slot capture.Frame // the newest frame; its memory is used again and again
	at   time.Time
	full bool

	newest   atomic.Pointer[picture]
	watchMu  sync.Mutex
	watchers map[chan struct{}]bool // each of one

	encoder compress.Encoder // of raw frames; run's
	work    []byte           // its results, before they are copied
}

func newFeed(log *slog.Logger) *feed {
	return &feed{log: log, wake: make(chan struct{}, 1), watchers: map[chan struct{}]bool{}}
}

// watch returns a channel that tells of each newer picture, and a function that ends it.
func (f *feed) watch() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	f.watchMu.Lock()
	f.watchers[ch] = true
	f.watchMu.Unlock()
	f.watching.Add(1)
	return ch, func() {
		f.watchMu.Lock()
		defer f.watchMu.Unlock()
		if f.watchers[ch] {
			delete(f.watchers, ch)
			f.watching.Add(-1)
		}
	}
}

// offer puts a frame into the slot, over one that was not taken.
func (f *feed) offer(frame *capture.Frame) {
	if f.watching.Load() == 0 {
		return
	}
	f.mu.Lock()
	data := append(f.slot.Data[:0], frame.Data...)
	f.slot = *frame
	f.slot.Data = data
	f.at, f.full = time.Now(), true
	f.mu.Unlock()
	notify(f.wake)
}

// notify leaves a message for a reader that has none yet.
func notify(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// run makes a picture of the newest frame, again and again.
func (f *feed) run(ctx context.Context) {
	var mine capture.Frame // swapped with the slot
	var number uint32
	var failed error
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		f.mu.Lock()
		if !f.full {
			f.mu.Unlock()
			continue
		}
		mine, f.slot, f.full = f.slot, mine, false
		at := f.at
		f.mu.Unlock()

		b, err := f.compress(&mine)
		if err != nil {
			if failed == nil || failed.Error() != err.Error() {
				f.log.Warn("live view leaves out frames", "err", err)
			}
			failed = err
			continue
		}
		failed = nil
		f.publish(&picture{number, at, b})
		number++
		if mine.Format != capture.MJPEG && wait.For(ctx, rawPause) != nil {
			return
		}
	}
}

func (f *feed) publish(p *picture) {
	f.newest.Store(p)
	f.watchMu.Lock()
	defer f.watchMu.Unlock()
	for ch := range f.watchers {
		notify(ch)
	}
}

// compress returns a frame as a JPEG image that every browser decodes, in memory of its own.
func (f *feed) compress(frame *capture.Frame) ([]byte, error) {
	if frame.Format == capture.MJPEG {
		const tables = 512 // that may have to be added
		return mjpeg.AppendDecodable(make([]byte, 0, len(frame.Data)+tables), frame.Data)
	}
	var err error
	if f.work, err = f.encoder.Append(f.work[:0], frame, rawQuality); err != nil {
		return nil, err
	}
	return bytes.Clone(f.work), nil
}
