// Package near finds the word that somebody meant who wrote another one.
package near

// Word returns the one of words that is made of word with the fewest letters put in, left out or exchanged, if that are no
// more than most; else "". Of several that are as near the first counts.
func Word(word string, words []string, most int) string {
	best, least := "", most+1
	for _, w := range words {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance is the number of letters to be changed (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
