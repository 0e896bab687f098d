package session

import "time"

// Hurry makes s wait the shortest times that it may, before Run.
func Hurry(s *Session) { s.wait.Rand = func(time.Duration) time.Duration { return 0 } }
