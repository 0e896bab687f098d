package control

import (
	"fmt"

	"signet/internal/near"
)

// unknown is the error for a name that no control has, with the nearest one that there is.
func unknown(key string, all []Control) error {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	if best := near.Word(Name(key), names, len(Name(key))/2); best != "" {
		return fmt.Errorf("%s: the camera has no such control; did you mean %s?", key, best)
	}
	return fmt.Errorf("%s: the camera has no such control; signet-agent cameras --all lists those it has", key)
}
