package web

import (
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"signet/certs"
)

var fleet = &x509.Certificate{Raw: []byte("a certificate")}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHandlerServesThePage(t *testing.T) {
	h := Handler("owner", fleet)
	for path, contentType := range map[string]string{
		"/":            "text/html; charset=utf-8",
		"/index.html":  "text/html; charset=utf-8",
		"/app.js":      "text/javascript; charset=utf-8",
		"/app.css":     "text/css; charset=utf-8",
		"/icon.svg":    "image/svg+xml",
		"/config.json": "application/json",
	} {
		r := get(t, h, "GET", path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != contentType {
			t.Errorf("GET %s: %d %s", path, r.StatusCode, r.Header.Get("Content-Type"))
		}
		if body(t, r) == "" {
			t.Errorf("GET %s: empty", path)
		}
		if b := body(t, get(t, h, "HEAD", path)); b != "" {
			t.Errorf("HEAD %s: has a body", path)
		}
	}
	if got := body(t, get(t, h, "GET", "/config.json")); got != `{"served":"owner","cloud":"`+certs.HashOf(fleet.Raw).String()+`"}` {
		t.Errorf("config.json: %s", got)
	}
	for _, path := range []string{"/dist", "/web.go", "/../web.go", "/app", "/api/v1/records"} {
		if r := get(t, h, "GET", "http://localhost"+path); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, r.StatusCode)
		}
	}
	if r := get(t, h, "POST", "/"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %d", r.StatusCode)
	}
}

func TestHeadersAreStrict(t *testing.T) {
	h := Handler("cloud", fleet)
	for _, path := range []string{"/", "/app.js", "/config.json", "/nothing"} {
		r := get(t, h, "GET", path)
		for name, want := range map[string]string{
			"Content-Security-Policy":      contentSecurityPolicy,
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("GET %s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	if got := get(t, h, "GET", "/").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("the page may be stored: %q", got)
	}
	first := get(t, h, "GET", "/app.js")
	if r := get(t, h, "GET", "/app.js", "If-None-Match", first.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
		t.Errorf("the same script is sent again: %d", r.StatusCode)
	}
}

// Nothing in the policies opens a door that the page does not use.
func TestPoliciesAreClosed(t *testing.T) {
	for _, want := range []string{
		"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self';", "form-action 'none'", "frame-ancestors 'none'",
		"base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
	} {
		if !strings.Contains(contentSecurityPolicy, want) {
			t.Errorf("the content security policy lacks %q", want)
		}
	}
	if bad := regexp.MustCompile(`unsafe|http|data:|\*|wasm`).FindString(contentSecurityPolicy); bad != "" {
		t.Errorf("the content security policy has %q", bad)
	}
	for _, feature := range []string{"microphone=()", "geolocation=()", "display-capture=()", "usb=()", "camera=(self)"} {
		if !strings.Contains(permissionsPolicy, feature) {
			t.Errorf("the permissions policy lacks %q", feature)
		}
	}
}

// The policy forbids inline script and style, and addresses of others: the page must not need them.
func TestPageObeysItsPolicy(t *testing.T) {
	html := body(t, get(t, Handler("owner", fleet), "GET", "/"))
	for what, re := range map[string]string{
		"inline style":    `(?i)<style|\sstyle=`,
		"inline script":   `(?i)<script(?:[^>]*[^/])?>\s*[^<\s]`,
		"inline handlers": `(?i)\son[a-z]+=`,
		"another origin":  `(?i)(?:src|href)="(?:https?:)?//`,
	} {
		if found := regexp.MustCompile(re).FindString(html); found != "" {
			t.Errorf("%s: %q", what, found)
		}
	}
	script := body(t, get(t, Handler("owner", fleet), "GET", "/app.js"))
	if i := strings.Index(script, "innerHTML"); i >= 0 {
		t.Errorf("the script writes HTML: %q", script[max(0, i-40):min(len(script), i+40)])
	}
}

// TestDistIsBuiltFromSource builds the page again and compares. It needs node and the packages of package-lock.json
// (npm ci), which `make test` provides.
func TestDistIsBuiltFromSource(t *testing.T) {
	if _, err := os.Stat("node_modules/esbuild"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("node_modules is missing: npm ci in owner/web")
	}
	out, err := exec.CommandContext(t.Context(), "node", "build.mjs", "--check").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
