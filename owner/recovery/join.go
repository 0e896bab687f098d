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
	return slowDigits(id[:], "signet/v1 join digits")
}

// AnswerDigits returns six more, for who answers the card: of the card and of that owner's id, so that nobody who sees the card
// finds an owner with the same ones in time.
func AnswerDigits(card *certs.JoinCard, owner certs.OwnerID) (string, error) {
	id := card.ID()
	return slowDigits(append(id[:], owner[:]...), "signet/v1 answer digits")
}

func slowDigits(of []byte, salt string) (string, error) {
	b, err := pbkdf2.Key(sha256.New, string(of), []byte(salt), digitRounds, 4)
	if err != nil {
		return "", fmt.Errorf("digits of join card: %w", err)
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(b)%1_000_000), nil
}
