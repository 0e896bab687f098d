package httpcam

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
)

// login is a name and a password. It does not print.
type login struct{ name, password string }

func (login) String() string   { return "login" }
func (login) GoString() string { return "login" }

const maxLogin = 1024 // bytes of the file's first line

// readLogin reads name:password from the first line of a file; nil if there is none.
func readLogin(path string, log *slog.Logger) (*login, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read login: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLogin+1))
	if err != nil {
		return nil, fmt.Errorf("read login: %w", err)
	}
	if st, err := f.Stat(); err == nil && st.Mode().Perm()&0o077 != 0 && log != nil {
		log.Warn("others can read a camera's login", "file", path, "hint", "chmod 600 "+path)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	if len(line) > maxLogin {
		return nil, fmt.Errorf("read login %s: its first line is longer than %d bytes", path, maxLogin)
	}
	name, password, ok := strings.Cut(strings.TrimSuffix(string(line), "\r"), ":")
	if !ok || name == "" {
		return nil, fmt.Errorf("read login %s: its first line is not name:password", path)
	}
	return &login{name, password}, nil
}

// answer puts into a request what one of the challenges asks for: a digest (RFC 7616) rather than the password itself
// (RFC 7617).
func (l *login) answer(req *http.Request, headers []string) error {
	basic := false
	var digest map[string]string
	for _, c := range challenges(headers) {
		switch {
		case strings.EqualFold(c.scheme, "Basic"):
			basic = true
		case strings.EqualFold(c.scheme, "Digest"):
			if p := c.params; digests(p["algorithm"]) != nil && (digest == nil || strings.EqualFold(p["algorithm"], "SHA-256")) {
				digest = p
			}
		}
	}
	switch {
	case digest != nil:
		value, err := l.digest(req.Method, req.URL.RequestURI(), digest, rand.Text())
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", value)
	case basic:
		req.SetBasicAuth(l.name, l.password)
	default:
		return errors.New("the camera asks for a login in a way that is not spoken here (Basic and Digest are)")
	}
	return nil
}

// digests returns the hash of an algorithm, or nil. MD5 is what cameras speak; it protects the password no better than it can.
func digests(algorithm string) func() hash.Hash {
	switch strings.ToUpper(algorithm) {
	case "", "MD5":
		return md5.New
	case "SHA-256":
		return sha256.New
	}
	return nil
}

// digest makes the value of an Authorization header for a challenge.
func (l *login) digest(method, uri string, p map[string]string, cnonce string) (string, error) {
	for _, word := range []string{l.name, p["realm"], p["nonce"], p["opaque"], uri} {
		if strings.ContainsAny(word, "\"\\\r\n") {
			return "", errors.New("name or challenge of the login holds what cannot be quoted")
		}
	}
	sum := func(parts ...string) string {
		h := digests(p["algorithm"])()
		io.WriteString(h, strings.Join(parts, ":"))
		return hex.EncodeToString(h.Sum(nil))
	}
	secret, asked := sum(l.name, p["realm"], l.password), sum(method, uri)
	value := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s"`, l.name, p["realm"], p["nonce"], uri)
	if hasAuth(p["qop"]) {
		const nc = "00000001"
		value += fmt.Sprintf(`, qop=auth, nc=%s, cnonce="%s", response="%s"`, nc, cnonce, sum(secret, p["nonce"], nc, cnonce, "auth", asked))
	} else { // RFC 2069
		value += fmt.Sprintf(`, response="%s"`, sum(secret, p["nonce"], asked))
	}
	if a := p["algorithm"]; a != "" {
		value += ", algorithm=" + strings.ToUpper(a)
	}
	if o, ok := p["opaque"]; ok {
		value += fmt.Sprintf(`, opaque="%s"`, o)
	}
	return value, nil
}

func hasAuth(qop string) bool {
	for q := range strings.SplitSeq(qop, ",") {
		if strings.EqualFold(strings.TrimSpace(q), "auth") {
			return true
		}
	}
	return false
}

// challenge is one way in which a camera asks for a login.
type challenge struct {
	scheme string
	params map[string]string // by name in small letters
}

// challenges reads WWW-Authenticate headers, each of which may hold several challenges (RFC 9110, section 11.6.1). What is
// malformed ends its header.
func challenges(headers []string) (all []challenge) {
	for _, s := range headers {
		for {
			before, rest, ok := strings.Cut(s, "=")
			words := strings.FieldsFunc(before, func(r rune) bool { return strings.ContainsRune(" \t,", r) })
			var name string
			if ok && len(words) > 0 {
				name, words = strings.ToLower(words[len(words)-1]), words[:len(words)-1]
			}
			for _, scheme := range words {
				all = append(all, challenge{scheme, map[string]string{}})
			}
			if name == "" || len(all) == 0 {
				break
			}
			if strings.HasPrefix(rest, `"`) {
				rest, s, ok = strings.Cut(rest[1:], `"`)
			} else {
				rest, s, _ = strings.Cut(rest, ",")
			}
			if !ok {
				break
			}
			all[len(all)-1].params[name] = strings.TrimSpace(rest)
		}
	}
	return all
}
