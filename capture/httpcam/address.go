package httpcam

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"signet/internal/hint"
)

// IsAddress says whether the name of a camera is an address for this package.
func IsAddress(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// Redacted returns an address as it may be told: without query, fragment, name and password. Other names of cameras stay
// as they are.
func Redacted(s string) string {
	if !IsAddress(s) {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "an address that cannot be read"
	}
	return tellable(u)
}

func tellable(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Check says what is wrong with an address, if anything is, without telling its secrets.
func Check(s string) error {
	_, err := parse(s)
	return err
}

const maxAddress = 2048 // bytes

func parse(s string) (*url.URL, error) {
	if len(s) > maxAddress {
		return nil, fmt.Errorf("the address has %d bytes, more than %d", len(s), maxAddress)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil: // the reason would repeat the address
		return nil, errors.New("the address cannot be read")
	case u.Host == "":
		return nil, fmt.Errorf("%s: the address names no host", tellable(u))
	case u.User != nil:
		return nil, hint.With(fmt.Errorf("%s: name and password do not belong into the address", tellable(u)), helpLogin)
	}
	return u, nil
}

const helpLogin = `write name:password into a file that only the agent can read, and name it as login beside the source`
