package engine

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// serverLog passes what nats-server says on to slog and keeps the first fatal line, for Open to return.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	fatal string
}

func (l *serverLog) Noticef(f string, v ...any) { l.log.Debug(oneLine(f, v)) }
func (l *serverLog) Debugf(f string, v ...any)  { l.log.Debug(oneLine(f, v)) }
func (l *serverLog) Tracef(f string, v ...any)  {}
func (l *serverLog) Warnf(f string, v ...any)   { l.log.Debug(oneLine(f, v)) } // refusals are logged where we decide them
func (l *serverLog) Errorf(f string, v ...any)  { l.log.Warn("engine: " + oneLine(f, v)) }
func (l *serverLog) Fatalf(f string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == "" {
		l.fatal = oneLine(f, v)
	}
}

func (l *serverLog) firstFatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func oneLine(f string, v []any) string {
	s := strings.ReplaceAll(fmt.Sprintf(f, v...), "\n", " ")
	if len(s) > 400 {
		s = s[:400] + "..."
	}
	return s
}
