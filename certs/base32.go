package certs

import (
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// base32Text is RFC 4648's upper-case alphabet without padding: all of it, and ":", stands in the alphanumeric mode of a
// QR code, which takes 5.5 bits a character.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// toText encodes what people show to each other or to a camera.
func toText(prefix string, body any) (string, error) {
	b, err := encode(body)
	if err != nil {
		return "", err
	}
	return prefix + base32Text.EncodeToString(b), nil
}

// fromText decodes what toText wrote, with white space around it, as files and terminals give it. What it is to be is for
// the error.
func fromText(s, prefix, what string, limit int, body any) error {
	text, ok := strings.CutPrefix(strings.TrimSpace(s), prefix)
	if !ok || len(text) > base32Text.EncodedLen(limit) {
		return fmt.Errorf("not a %s", what)
	}
	b, err := base32Text.DecodeString(text)
	if err != nil || base32Text.EncodeToString(b) != text { // the decoder passes over line ends and spare bits
		return errors.New("not base32")
	}
	return decode(b, body)
}
