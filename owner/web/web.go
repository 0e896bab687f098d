// Package web serves the owner's page: TypeScript under src, built by esbuild into dist, which is committed and
// embedded, so that `go build` alone suffices. A test proves that dist is what src builds.
//
// Under src: verify.ts is the one gate from bytes to records that may be drawn; statement, record, facts, certificate and
// media are what it stands on; session, live and keystore talk to cloud, camera and browser; story makes events of
// records; view draws them; app joins all. claim and grant make a camera this owner's, holdings keeps its policy, tenure
// says who may speak in an epoch and until when; code, cards, fleet, offer, policy, settings and ending are what they stand
// on. onboard, recovery and join bring a key to a browser; family lets others view, and draws what others let this owner
// view. test holds a second encoder, and a cloud that carries whatever it is given.
//
// The page holds the owner's keys and draws only what it has verified itself; nothing here knows any of that. The cloud
// and the owner's own machine serve the same files; /config.json says which of the two it was, and which cloud it is.
package web

import (
	"crypto/sha256"
	"crypto/x509"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
)

//go:embed dist
var dist embed.FS

// Dist returns the files of the page. It may be called concurrently.
func Dist() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is constant
	}
	return files
}

// The page runs its own script and style and nothing else, and no text ever becomes script or HTML (trusted types); pictures
// that it has decrypted are blobs of its own.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
	"media-src blob:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// What the page never asks for, nobody who gets into it shall have either. It asks for a camera to read the codes of cards.
const permissionsPolicy = "accelerometer=(), autoplay=(self), camera=(self), display-capture=(), geolocation=(), gyroscope=(), " +
	"magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(self), usb=(), xr-spatial-tracking=()"

var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

type file struct {
	body        []byte
	contentType string
	cache       string
	etag        string
}

// Handler serves the page at /, and /config.json as {"served": served, "cloud": hex}: "cloud" or "owner", and the
// SHA-256 of the cloud's fleet CA, for which the page logs in. Every other path is not found. All answers carry strict
// headers. It is safe for concurrent use.
func Handler(served string, fleet *x509.Certificate) http.Handler {
	files, err := load(served, sha256.Sum256(fleet.Raw))
	if err != nil {
		panic(err) // the files are embedded
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissionsPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			h.Set("Cache-Control", "no-store")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f, ok := files[r.URL.Path]
		if !ok {
			h.Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		h.Set("Cache-Control", f.cache)
		h.Set("Content-Type", f.contentType)
		if f.etag != "" {
			h.Set("ETag", f.etag)
			if r.Header.Get("If-None-Match") == f.etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(f.body)))
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			w.Write(f.body) // an error here is the reader's going away
		}
	})
}

// load returns the files by their paths. What names the other files is never stored; those are asked for again each
// time, and not sent again while they are the same.
func load(served string, cloud [sha256.Size]byte) (map[string]file, error) {
	files := map[string]file{}
	names, err := fs.Glob(Dist(), "*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		body, err := fs.ReadFile(Dist(), name)
		if err != nil {
			return nil, err
		}
		contentType, ok := types[path.Ext(name)]
		if !ok {
			return nil, fmt.Errorf("serve %s: unknown type of file", name)
		}
		sum := sha256.Sum256(body)
		files["/"+name] = file{body, contentType, "no-cache", strconv.Quote(hex.EncodeToString(sum[:16]))}
	}
	index, ok := files["/index.html"]
	if !ok {
		return nil, fs.ErrNotExist
	}
	index.cache, index.etag = "no-store", ""
	files["/"], files["/index.html"] = index, index
	config, err := json.Marshal(struct {
		Served string `json:"served"`
		Cloud  string `json:"cloud"`
	}{served, hex.EncodeToString(cloud[:])})
	if err != nil {
		return nil, err
	}
	files["/config.json"] = file{config, "application/json", "no-store", ""}
	return files, nil
}
