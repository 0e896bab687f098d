package recovery

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"signet/certs"
)

// digitRounds of PBKDF2 make it slow to find another card with the same digits while somebody waits.
const digitRounds = 600_000

// JoinDigits returns the six digits that two devices show of one join card, for people to compare
// (owner/web/src/join.ts has the same).
func JoinDigits(card *certs.JoinCard) (string, error) {
	id := card.ID()
	b, err := pbkdf2.Key(sha256.New, string(id[:]), []byte("signet/v1 join digits"), digitRounds, 4)
	if err != nil {
		return "", fmt.Errorf("digits of join card: %w", err)
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(b)%1_000_000), nil
}
