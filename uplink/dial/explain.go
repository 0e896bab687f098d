package dial

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// Error is a failed connection as people should read it.
type Error struct {
	Addr string
	Says string // what happened
	Do   string // what helps, or ""
	Err  error  // the cause
	Lost bool   // the connection had been up
}

func (e *Error) Error() string {
	if e.Lost {
		return fmt.Sprintf("connection to %s lost: %s", e.Addr, e.Says)
	}
	return fmt.Sprintf("connect to %s: %s", e.Addr, e.Says)
}

// Hint says what helps, in one line, or nothing.
func (e *Error) Hint() string { return e.Do }

func (e *Error) Unwrap() error { return e.Err }

// Explain says in one line why a connection to addr, "host:port", failed.
func (c Config) Explain(err error, addr string) error {
	var (
		done     *Error
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		noName   *net.DNSError
		notTLS   tls.RecordHeaderError
	)
	says, do := "", ""
	switch {
	case errors.As(err, &done):
		return done // without what net/http says around it
	case errors.Is(err, ErrRevoked):
		says = "the cloud's certificate was revoked by its fleet"
		do = "the cloud needs a new certificate: whoever has the old one's key may pass for the cloud"
	case errors.As(err, &unknown):
		says, do = c.foreign(unknown.Cert)
	case errors.As(err, &hostname):
		says = fmt.Sprintf("the cloud's certificate is for %s", names(hostname.Certificate))
		do = "call the cloud by a name that stands in its certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		says = "the cloud's certificate is not valid at this time"
		do = "is the camera's clock right? else the cloud needs a new certificate"
	case errors.As(err, &notTLS):
		says = "what answers does not speak TLS"
		do = "is this the port of MQTT or HTTPS over TLS?"
	case errors.As(err, &noName):
		says = fmt.Sprintf("the name %s is not known", noName.Name)
		if noName.IsTimeout || noName.IsTemporary {
			says = fmt.Sprintf("no name server says who %s is", noName.Name)
		}
		do = "check the name, and the network's name server"
	case errors.Is(err, syscall.ECONNREFUSED):
		says = "nobody listens there"
		do = "does the cloud run? check address and port"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		says = "no way there"
		do = "check the camera's network"
	case strings.Contains(err.Error(), "remote error: tls:"):
		says = "the cloud refuses the camera's certificate (" + afterLast(err.Error(), "remote error: ") + ")"
		do = "the camera's certificate must be issued by the cloud's fleet CA, and not be revoked"
	case isTimeout(err):
		says = "no answer"
		do = "is the cloud reachable from the camera's network? the camera tries again by itself"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		says = "the cloud closed the connection"
		do = "it may be busy, or does not know this camera; the camera tries again by itself"
	default:
		says = strings.TrimPrefix(err.Error(), "tls: ")
	}
	return &Error{Addr: addr, Says: says, Do: do, Err: err}
}

// foreign says whose a cloud's certificate is that c.CA has not signed. A server sends its own certificate alone, which
// names its CA's key (RFC 5280, section 4.2.1.1) but has no more of it.
func (c Config) foreign(cert *x509.Certificate) (says, do string) {
	says = fmt.Sprintf("the cloud's certificate is not signed by %s", c.ca())
	do = "is this the right cloud? its CA must be the one that the camera was enrolled with (fleet.pem)"
	switch {
	case cert == nil || cert.Issuer.CommonName == "":
	case cert.Issuer.CommonName != c.CA.Subject.CommonName:
		says += fmt.Sprintf(" but by %q", cert.Issuer.CommonName)
	default:
		says += fmt.Sprintf(" with the key %s but by another CA of the same name, with the key %s",
			prefix(c.CA.SubjectKeyId), prefix(cert.AuthorityKeyId))
		do = "a fleet that was made anew has another key: enrol the camera again, or call the cloud that it was enrolled with"
	}
	return says, do
}

// prefix shows the beginning of a key identifier, the SHA-256 of the key where the fleet's own programs made it.
func prefix(id []byte) string {
	if len(id) == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%x…", id[:min(4, len(id))])
}

// ca names the CA for people: its common name and the beginning of its SHA-256.
func (c Config) ca() string {
	sum := sha256.Sum256(c.CA.Raw)
	return fmt.Sprintf("%q (SHA-256 %x…)", c.CA.Subject.CommonName, sum[:4])
}

func names(cert *x509.Certificate) string {
	var all []string
	all = append(all, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no host"
	}
	if len(all) > 4 {
		all = append(all[:4], "…")
	}
	return strings.Join(all, ", ")
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func afterLast(s, sep string) string {
	if i := strings.LastIndex(s, sep); i >= 0 {
		s = s[i+len(sep):]
	}
	return s
}
