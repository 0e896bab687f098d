package cloud

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"signet/certs"
	"signet/cloud/bind"
)

// The state folder: the fleet CA (fleet.pem, fleet.key) and its revocation list, the keys below, the engine's streams and
// the media.
const (
	receiptCertFile = "receipts.pem"
	receiptKeyFile  = "receipts.key"
	serverCertFile  = "server.pem"
	serverKeyFile   = "server.key"
	engineDir       = "engine"
	mediaDir        = "media"
	crlFile         = "fleet.crl" // X.509 CRL of the fleet CA; may be replaced while the cloud runs
	lockFile        = "lock"
	socketFile      = "status.sock"
)

// Errors that callers branch on.
var (
	ErrExists  = errors.New("there is a fleet CA already")
	ErrNoFleet = errors.New("there is no fleet CA here")
	ErrWrongCA = errors.New("not issued by the fleet CA beside it")
)

// Socket is where the cloud that runs in a state folder answers about itself, to the same user.
func Socket(dir string) string { return filepath.Join(dir, socketFile) }

// Init makes a fleet CA in dir, the key that signs receipts, and a TLS key for hosts.
func Init(dir, name string, hosts []string) (*certs.Fleet, error) {
	if _, err := os.Stat(filepath.Join(dir, "fleet.pem")); err == nil {
		return nil, fmt.Errorf("init %s: %w", dir, ErrExists)
	}
	fleet, err := certs.NewFleet(name)
	if err != nil {
		return nil, err
	}
	receiptKey, err := certs.NewKey()
	if err != nil {
		return nil, fmt.Errorf("make receipt key: %w", err)
	}
	receiptCert, err := fleet.IssueReceipts(&receiptKey.PublicKey)
	if err != nil {
		return nil, err
	}
	serverKey, err := certs.NewKey()
	if err != nil {
		return nil, fmt.Errorf("make server key: %w", err)
	}
	serverCert, err := fleet.IssueServer(&serverKey.PublicKey, hosts)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state folder: %w", err)
	}
	// The CA comes last: with it the folder is complete.
	for _, write := range []func() error{
		func() error { return certs.WriteKey(filepath.Join(dir, receiptKeyFile), receiptKey) },
		func() error { return certs.WriteCert(filepath.Join(dir, receiptCertFile), receiptCert) },
		func() error { return certs.WriteKey(filepath.Join(dir, serverKeyFile), serverKey) },
		func() error { return certs.WriteCert(filepath.Join(dir, serverCertFile), serverCert) },
		func() error { return fleet.Save(dir) },
	} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	return fleet, nil
}

// identity is what the cloud shows and signs with. The fleet's key is not needed to run, and not read.
type identity struct {
	fleet  *x509.Certificate
	server tls.Certificate
	leaf   *x509.Certificate
	signer bind.Signer
}

func loadIdentity(dir string) (*identity, error) {
	fleet, err := readFleet(dir)
	if err != nil {
		return nil, err
	}
	receiptKey, err := certs.ReadKey(filepath.Join(dir, receiptKeyFile))
	if err != nil {
		return nil, err
	}
	receiptCert, err := certs.ReadCert(filepath.Join(dir, receiptCertFile))
	if err != nil {
		return nil, err
	}
	serverKey, err := certs.ReadKey(filepath.Join(dir, serverKeyFile))
	if err != nil {
		return nil, err
	}
	serverCert, err := certs.ReadCert(filepath.Join(dir, serverCertFile))
	if err != nil {
		return nil, err
	}
	id := &identity{fleet: fleet, signer: bind.Signer{Cert: receiptCert, Key: receiptKey}}
	if id.leaf, err = x509.ParseCertificate(serverCert); err != nil {
		return nil, fmt.Errorf("read %s: %w", serverCertFile, err)
	}
	if err := id.leaf.CheckSignatureFrom(fleet); err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", serverCertFile, ErrWrongCA, err)
	}
	if !serverKey.PublicKey.Equal(id.leaf.PublicKey) {
		return nil, fmt.Errorf("read %s: the key beside it is another's", serverCertFile)
	}
	// Signing once says at the start what would otherwise be said at the first receipt.
	if err := trySigner(id.signer, fleet); err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", receiptCertFile, ErrWrongCA, err)
	}
	id.server = tls.Certificate{Certificate: [][]byte{serverCert}, PrivateKey: serverKey, Leaf: id.leaf}
	return id, nil
}

func trySigner(s bind.Signer, fleet *x509.Certificate) error {
	b, err := certs.SignReceipt(&certs.Receipt{}, s.Cert, s.Key)
	if err != nil {
		return err
	}
	_, err = certs.ParseReceipt(b, fleet)
	return err
}

// origins are those of the hosts that the server certificate names.
func (id *identity) origins(port string) []string {
	var out []string
	for _, h := range id.leaf.DNSNames {
		out = append(out, origin(h, port))
	}
	for _, ip := range id.leaf.IPAddresses {
		out = append(out, origin(ip.String(), port))
	}
	return out
}

// origin writes an origin as browsers do: without the port that https has anyway.
func origin(host, port string) string {
	if port == "443" {
		if net.ParseIP(host) != nil && net.ParseIP(host).To4() == nil {
			return "https://[" + host + "]"
		}
		return "https://" + host
	}
	return "https://" + net.JoinHostPort(host, port)
}

// ErrLocked says that another process uses the state folder.
var ErrLocked = errors.New("another signet-cloud uses this folder")

// lock keeps other processes off the state folder until the file is closed, also by a crash.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, ErrLocked)
	}
	return f, nil
}
