package serve

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"

	"signet/owner/client"
)

// What passes to the cloud and back; everything else stays here. Browsers send the cookies of every service on
// localhost to each of them, so cookies never pass; and what the cloud answers must not become a document, a script or
// a service worker of this origin, which holds the owner's keys.
var (
	requestHeaders  = []string{"Accept", "Authorization", "Content-Type", "Last-Event-Id", "Origin"}
	responseHeaders = []string{"Cache-Control", "Content-Length", "Content-Type", "Retry-After"}
	inertTypes      = map[string]bool{
		"application/cbor": true, "application/cbor-seq": true, "application/cose": true, "application/json": true,
		"application/octet-stream": true, "application/pkix-cert": true, "text/event-stream": true,
	}
)

var errRedirect = errors.New("the cloud redirects")

// newProxy passes /api/ on to the cloud, whose certificate must come from ca. ReverseProxy passes text/event-stream on at once.
func newProxy(cloud *url.URL, ca *x509.Certificate, log *slog.Logger) (*httputil.ReverseProxy, func()) {
	transport := client.Transport(ca)
	return &httputil.ReverseProxy{
		Transport: transport,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(cloud)
			r.Out.Host = cloud.Host
			r.Out.Header = pick(r.In.Header, requestHeaders)
			r.Out.Header.Set("User-Agent", "") // none
		},
		ModifyResponse: func(resp *http.Response) error {
			if resp.StatusCode/100 == 3 && resp.StatusCode != http.StatusNotModified {
				return errRedirect
			}
			resp.Header = pick(resp.Header, responseHeaders)
			if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || !inertTypes[t] {
				resp.Header.Set("Content-Type", "application/octet-stream")
			}
			resp.Header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				return // the page went away
			}
			log.Warn("cloud does not answer", "cloud", cloud.Host, "reason", err)
			refuse(w, http.StatusBadGateway, "the cloud cannot be reached from this machine", "is "+cloud.Host+" up, and is its authority the one that is pinned here?")
		},
	}, transport.CloseIdleConnections
}

func pick(h http.Header, names []string) http.Header {
	out := http.Header{}
	for _, n := range names {
		if v := h.Values(n); len(v) > 0 {
			out[n] = v
		}
	}
	return out
}
