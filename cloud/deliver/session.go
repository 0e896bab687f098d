package deliver

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"signet/certs"
)

const (
	nonceLife   = 2 * time.Minute
	sessionLife = time.Hour // the page proves its key again, by itself
	maxUsed     = 1 << 16   // challenges that were answered and have not expired
	maxSessions = 1 << 16
	perOwner    = 32 // sessions of one owner; the oldest ends
	maxLogin    = 4 << 10
)

// session is somebody who has proven a key: an owner, or a viewer whom other owners' policies name, or both.
type session struct {
	key     certs.KeyID
	public  *ecdsa.PublicKey
	spki    []byte // of public, DER
	name    string // for logs and access rows
	addr    string
	expires time.Time
	ended   chan struct{}
}

// sessions keeps what is in force, in memory: a restart ends all. It may be used concurrently.
type sessions struct {
	cloud   certs.Hash // of the fleet CA
	origins []string
	born    time.Time // times of nonces count from here
	key     [32]byte  // signs them

	mu     sync.Mutex
	used   map[[32]byte]time.Duration // nonces, and when they were made
	floor  time.Duration              // what was made before is used up
	byHash map[[32]byte]*session      // by SHA-256 of the token
}

func newSessions(cloud certs.Hash, origins []string) *sessions {
	s := &sessions{cloud: cloud, origins: origins, born: time.Now(), used: map[[32]byte]time.Duration{}, byHash: map[[32]byte]*session{}}
	rand.Read(s.key[:])
	return s
}

// challenge returns a nonce that is good once, for two minutes. Nothing is remembered of it: it says itself when it was
// made, and that this process made it. 8 bytes of time since the start, 8 random ones, 16 of HMAC-SHA256 over both.
func (s *sessions) challenge(now time.Time) (n [32]byte) {
	binary.BigEndian.PutUint64(n[:8], uint64(now.Sub(s.born)))
	rand.Read(n[8:16])
	copy(n[16:], s.mac(n[:16]))
	return n
}

func (s *sessions) mac(b []byte) []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write(b)
	return h.Sum(nil)[:16]
}

// spend uses a nonce up, or says that it is not good. When there are too many to remember, older challenges end sooner:
// so none is good twice, and nobody is kept out who answers at once.
func (s *sessions) spend(n [32]byte, now time.Time) bool {
	made, at := time.Duration(binary.BigEndian.Uint64(n[:8])), now.Sub(s.born)
	_, used := s.used[n]
	if !hmac.Equal(n[16:], s.mac(n[:16])) || used || made < max(s.floor, at-nonceLife) {
		return false
	}
	if len(s.used) >= maxUsed {
		for life := nonceLife; len(s.used) > maxUsed/2; life /= 2 {
			s.floor = max(s.floor, at-life+1)
			maps.DeleteFunc(s.used, func(_ [32]byte, made time.Duration) bool { return made < s.floor })
		}
	}
	s.used[n] = made
	return true
}

// open verifies a log-in and returns the token of a new session.
func (s *sessions) open(login []byte, header http.Header, addr string, now time.Time) (token string, _ *session, err error) {
	l, err := certs.ParseLogin(login)
	if err != nil {
		return "", nil, err
	}
	public, _, err := certs.ParseSPKI(l.SPKI)
	if err != nil {
		return "", nil, err
	}
	if l.Cloud != s.cloud {
		return "", nil, errors.New("log-in was made for another cloud")
	}
	if !s.allowed(l.Origin) {
		return "", nil, fmt.Errorf("origin %.100q is not one of this cloud", l.Origin)
	}
	if o := header.Get("Origin"); o != "" && o != l.Origin {
		return "", nil, fmt.Errorf("log-in was made for %.100q and comes from %.100q", l.Origin, o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.spend(l.Nonce, now) {
		return "", nil, errors.New("challenge was used or has expired")
	}
	var b [32]byte
	rand.Read(b[:])
	token = base64.RawURLEncoding.EncodeToString(b[:])
	hash := sha256.Sum256([]byte(token))
	ses := &session{
		key: l.Owner, public: public, spki: l.SPKI, name: hex.EncodeToString(hash[:4]), addr: addr,
		expires: now.Add(sessionLife), ended: make(chan struct{}),
	}
	s.makeRoom(l.Owner, now)
	s.byHash[hash] = ses
	return token, ses, nil
}

// makeRoom ends what has expired and the oldest of an owner with too many.
func (s *sessions) makeRoom(owner certs.OwnerID, now time.Time) {
	var own [][32]byte
	for k, x := range s.byHash {
		if now.After(x.expires) {
			s.end(k)
		} else if x.key == owner {
			own = append(own, k)
		}
	}
	slices.SortFunc(own, func(a, b [32]byte) int { return s.byHash[a].expires.Compare(s.byHash[b].expires) })
	for len(own) >= perOwner {
		s.end(own[0])
		own = own[1:]
	}
	if len(s.byHash) >= maxSessions {
		for k := range s.byHash {
			s.end(k) // any one: a map of this size is under attack
			break
		}
	}
}

func (s *sessions) end(hash [32]byte) {
	if x, ok := s.byHash[hash]; ok {
		close(x.ended)
		delete(s.byHash, hash)
	}
}

// of returns the session of a request, or nil.
func (s *sessions) of(r *http.Request, now time.Time) *session {
	hash, ok := bearer(r)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byHash[hash]
	if x == nil {
		return nil
	}
	if now.After(x.expires) {
		s.end(hash)
		return nil
	}
	return x
}

func (s *sessions) close(r *http.Request) {
	if hash, ok := bearer(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.end(hash)
	}
}

func bearer(r *http.Request) ([32]byte, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(token) != base64.RawURLEncoding.EncodedLen(32) {
		return [32]byte{}, false
	}
	return sha256.Sum256([]byte(token)), true
}

// allowed says whether a log-in made for this origin may open a session here: the cloud's own, or one on the owner's
// own machine, where signet-owner serves the page.
func (s *sessions) allowed(origin string) bool {
	if slices.Contains(s.origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" || u.Scheme+"://"+u.Host != origin {
		return false
	}
	return u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
}
