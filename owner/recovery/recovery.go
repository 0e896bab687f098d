// Package recovery is what brings an owner back: the seed, as a file or as 24 words of BIP 39. Whoever has either is the
// owner. The owner's page writes and reads the same (owner/web/src/recovery.ts).
package recovery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tyler-smith/go-bip39"
	"github.com/tyler-smith/go-bip39/wordlists"

	"signet/certs"
)

// MaxFile bounds a recovery file, in bytes.
const MaxFile = 16 << 10

// WordCount is how many words stand for a seed.
const WordCount = 24

// File returns a recovery file. Its lines that begin with # are for people.
func File(o *certs.Owner, made time.Time) []byte {
	return fmt.Appendf(nil, `# Signet recovery file
#
# This is the key to your cameras: it opens their pictures and speaks for you. Whoever has it can do both,
# so keep it where nobody else gets it, and not only on the device that you use every day.
# To come back: signet-owner recover FILE, or choose "I have a recovery file or words" on your Signet page.
#
# owner: %s
# made:  %s

%s
`, o.ID, made.UTC().Format(time.DateOnly), certs.SeedText(o.Seed()))
}

// Words returns the seed as words, with a checksum of 8 bits in the last one.
func Words(o *certs.Owner) ([]string, error) {
	seed := o.Seed()
	s, err := bip39.NewMnemonic(seed[:])
	if err != nil {
		return nil, fmt.Errorf("write seed as words: %w", err)
	}
	return strings.Fields(s), nil
}

// Parse reads a recovery file, its line with the seed alone, or words in any case and with any space between them. An error
// names the word that is wrong where it can, and shows no other.
func Parse(b []byte) (seed [32]byte, err error) {
	if len(b) > MaxFile {
		return seed, fmt.Errorf("read recovery: %d bytes are more than %d", len(b), MaxFile)
	}
	var said []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			said = append(said, line)
		}
	}
	text := strings.Join(said, " ")
	if strings.HasPrefix(text, "SIGNET-SEED-") {
		if seed, err = certs.ParseSeed(text); err != nil {
			return seed, fmt.Errorf("read recovery: %w", err)
		}
		return seed, nil
	}
	if seed, err = fromWords(strings.Fields(strings.ToLower(text))); err != nil {
		return seed, fmt.Errorf("read recovery: %w", err)
	}
	return seed, nil
}

func fromWords(words []string) (seed [32]byte, err error) {
	if len(words) != WordCount {
		return seed, fmt.Errorf("%d words, not %d, and no recovery file", len(words), WordCount)
	}
	for i, w := range words {
		if _, ok := slices.BinarySearch(wordlists.English, w); !ok {
			return seed, fmt.Errorf("word %d, %.20q, is none of the list", i+1, w)
		}
	}
	b, err := bip39.EntropyFromMnemonic(strings.Join(words, " "))
	if err != nil || len(b) != len(seed) {
		return seed, errors.New("the words do not fit together: one is another than was written down, or two changed places")
	}
	return [32]byte(b), nil
}
