package control

import (
	"fmt"
)

// unknown is the error for a name that no control has, with the nearest one that there is.
func unknown(key string, all []Control) error {
	name := Name(key)
	best, near := len(name)/2+1, ""
	for _, c := range all {
		if d := distance(name, c.Name); d < best {
			best, near = d, c.Name
		}
	}
	if near != "" {
		return fmt.Errorf("%s: the camera has no such control; did you mean %s?", key, near)
	}
	return fmt.Errorf("%s: the camera has no such control; signet-agent cameras --all lists those it has", key)
}

// distance is how many letters must be put in, left out or exchanged to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := above
			if a[i] != b[j] {
				d++
			}
			above = row[j+1]
			row[j+1] = min(d, above+1, row[j]+1)
		}
	}
	return row[len(b)]
}
