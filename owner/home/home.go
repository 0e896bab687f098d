// Package home is the owner's folder: the owner's keys (written by certs), which cloud to talk to, and what the owner
// calls the cameras. Everything that is secret in it is readable by its user only.
//
//	owner.seed    the one secret; whoever has it is the owner
//	picture.key   opens pictures, for age -d too; made from the seed
//	owner.pem     the owner's root certificate
//	picture-hybrid.key  the same post-quantum, where the owner has chosen it
//	cloud.toml    the cloud's address
//	cloud.pem     the certificate authority that the cloud's certificate must come from
//	cameras.toml  names of cameras
//	claims/       claim codes that wait for a camera
package home

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"signet/certs"
)

// Errors that callers branch on.
var (
	ErrNoOwner     = errors.New("no owner here")
	ErrOwnerExists = errors.New("an owner is here already")
	ErrDamaged     = errors.New("the owner's files are damaged")
	ErrNoCloud     = errors.New("no cloud is known")
)

// Dir is an owner's folder.
type Dir string

// Default returns the folder to use where none is named: $XDG_CONFIG_HOME/signet or ~/.config/signet.
func Default() (Dir, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the owner's folder: %w", err)
	}
	return Dir(filepath.Join(base, "signet")), nil
}

// Path returns the path of a file in the folder.
func (d Dir) Path(name ...string) string {
	return filepath.Join(append([]string{string(d)}, name...)...)
}

// Create makes a new owner in the folder. It returns ErrOwnerExists rather than overwrite any file of one.
func (d Dir) Create() (*certs.Owner, error) { return d.make(certs.NewOwner) }

// Recover makes the folder of an owner whose seed is known, as Create does for a new one.
func (d Dir) Recover(seed [32]byte) (*certs.Owner, error) {
	return d.make(func() (*certs.Owner, error) { return certs.OwnerFromSeed(seed, nil) })
}

func (d Dir) make(owner func() (*certs.Owner, error)) (*certs.Owner, error) {
	for _, name := range []string{"owner.seed", "picture.key", "owner.pem"} {
		_, err := os.Lstat(d.Path(name))
		if err == nil {
			return nil, fmt.Errorf("make owner: %w: %s", ErrOwnerExists, d.Path(name))
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("make owner: %w", err)
		}
	}
	o, err := owner()
	if err != nil {
		return nil, fmt.Errorf("make owner: %w", err)
	}
	if err := o.Save(string(d)); err != nil {
		return nil, err
	}
	return o, nil
}

// Owner returns the owner. The error wraps ErrNoOwner where there is none, ErrDamaged where there is not all of one, and
// certs.ErrExposed where others may read a secret, be it one that is not needed now.
func (d Dir) Owner() (*certs.Owner, error) {
	if _, err := os.Stat(d.Path("owner.seed")); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(d.Path("owner.pem")); err == nil {
			return nil, damaged{fmt.Errorf("open %s: owner.seed is missing", d)}
		}
		return nil, fmt.Errorf("open %s: %w", d, ErrNoOwner)
	}
	if _, err := certs.ReadSecret(d.Path("picture.key")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	o, err := certs.LoadOwner(string(d))
	if err != nil && !errors.Is(err, certs.ErrExposed) && !errors.Is(err, fs.ErrPermission) {
		return nil, damaged{err}
	}
	return o, err
}

// damaged is an error that is ErrDamaged too, and says only what is damaged.
type damaged struct{ error }

func (d damaged) Unwrap() error        { return d.error }
func (d damaged) Is(target error) bool { return target == ErrDamaged }

// Cloud says which cloud to talk to.
type Cloud struct {
	URL *url.URL          // https://host[:port], no path
	CA  *x509.Certificate // which its certificate must come from
}

type cloudFile struct {
	URL string `toml:"url"`
}

// ParseURL reads the address of a cloud: https, a host, nothing more.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("cloud address %.100q: must be https://host or https://host:port", s)
	}
	return u, nil
}

// Cloud returns what Remember kept, or ErrNoCloud.
func (d Dir) Cloud() (*Cloud, error) {
	var f cloudFile
	if err := readTOML(d.Path("cloud.toml"), &f); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, ErrNoCloud
		}
		return nil, err
	}
	u, err := ParseURL(f.URL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Path("cloud.toml"), err)
	}
	ca, err := certs.ReadCA(d.Path("cloud.pem"))
	if err != nil {
		return nil, err
	}
	return &Cloud{u, ca}, nil
}

// Remember keeps the cloud for later calls. The CA is copied, so that the file it came from may go.
func (d Dir) Remember(c *Cloud) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("remember cloud: %w", err)
	}
	if err := certs.WriteCert(d.Path("cloud.pem"), c.CA.Raw); err != nil {
		return err
	}
	return writeTOML(d.Path("cloud.toml"), cloudFile{c.URL.String()})
}

// Names returns what the owner calls the cameras, by device. It is empty where nothing was named.
func (d Dir) Names() (map[certs.DeviceID]string, error) {
	var f map[string]string
	if err := readTOML(d.Path("cameras.toml"), &f); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make(map[certs.DeviceID]string, len(f))
	for k, v := range f {
		id, err := certs.ParseDeviceID(k)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Path("cameras.toml"), err)
		}
		names[id] = v
	}
	return names, nil
}

// Name keeps what the owner calls a camera. The name stays on this machine.
func (d Dir) Name(id certs.DeviceID, name string) error {
	names, err := d.Names()
	if err != nil {
		return err
	}
	f := map[string]string{id.String(): name}
	for k, v := range names {
		if k != id {
			f[k.String()] = v
		}
	}
	return writeTOML(d.Path("cameras.toml"), f)
}

// maxFile bounds the files read here, in bytes.
const maxFile = 64 << 10

// readTOML reads a small file; an unknown key is an error that names it.
func readTOML(path string, v any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxFile {
		return fmt.Errorf("read %s: %d bytes are more than %d", path, info.Size(), maxFile)
	}
	md, err := toml.DecodeFile(path, v)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if keys := md.Undecoded(); len(keys) > 0 {
		return fmt.Errorf("read %s: unknown key %q", path, keys[0])
	}
	return nil
}

func writeTOML(path string, v any) error {
	b, err := toml.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return certs.WriteFile(path, b, 0o600)
}
