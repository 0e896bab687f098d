package capture

import "errors"

// WithHint returns err with advice for the person who reads it: what to install, which device exists
// instead. The advice is no part of Error(); a command line prints it on a second line, "hint: …", and
// finds it by [Hint] or by the method Hint() string.
func WithHint(err error, hint string) error { return &hinted{err, hint} }

// Hint returns the advice that err carries, or "".
func Hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }
func (h *hinted) Hint() string  { return h.hint }
