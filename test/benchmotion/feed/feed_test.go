package feed_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"signet/test/benchmotion/feed"
)

// TestSends reads what is sent as the format's definition asks for.
func TestSends(t *testing.T) {
	frames := [][]byte{[]byte("one"), []byte("\r\n--other\r\n"), {}}
	s, err := feed.Serve(feed.Handler(func(_ context.Context, n int) ([]byte, error) {
		if n == len(frames) {
			return nil, errors.New("over")
		}
		return frames[n], nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 { // each connection from the first frame on
		resp, err := http.Get("http://" + s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		_, p, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		r := multipart.NewReader(bytes.NewReader(append(b, "--"+p["boundary"]+"--"...)), p["boundary"])
		for i, want := range frames {
			part, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(part)
			if err != nil || !bytes.Equal(got, want) || part.Header.Get("Content-Length") != strconv.Itoa(len(want)) {
				t.Errorf("frame %d: %q, %v, %v", i, got, part.Header, err)
			}
		}
	}
}

func TestPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		next := feed.Paced([][]byte{{0}, {1}, {2}}, 10, func() { n++ })
		begun := time.Now()
		var last byte
		for i := range 30 {
			img, err := next(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && img[0] != (last+1)%3 {
				t.Fatalf("frame %d after %d", img[0], last)
			}
			last = img[0]
		}
		if d := time.Since(begun); d != 3*time.Second || n != 30 {
			t.Errorf("30 frames in %v, %d counted", d, n)
		}
		time.Sleep(250 * time.Millisecond) // a client that was away gets what is due, not what it missed
		if img, err := next(t.Context(), 30); err != nil || img[0] != (last+3)%3 {
			t.Errorf("frame %v, %v after a pause", img, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := next(ctx, 31); !errors.Is(err, context.Canceled) {
			t.Errorf("not ended: %v", err)
		}
	})
}
