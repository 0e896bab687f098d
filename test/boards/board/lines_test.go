package board

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A stranger on this machine who finds the port is not taken for the board.
func TestOnlyTheBoardIsSpokenTo(t *testing.T) {
	const token = "0123456789abcdef"
	l, err := listen(token)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for _, said := range []string{"0123456789abcdeX", "GET / HTTP/1.1\r\n\r\n"} {
		c, err := net.Dial("tcp", l.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, said)
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q is answered, or kept: %v", said, err)
		}
	}
	select {
	case <-l.first:
		t.Fatal("a stranger counts")
	default:
	}

	c, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, token)
	go func() { // the board: HTTP with the roles turned round
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err == nil && r.URL.Path == "/file" {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}
	}()
	<-l.first
	b := &Board{lines: l, client: &http.Client{Transport: &http.Transport{DialContext: l.dial}}}
	got, err := b.Get(t.Context(), "/x")
	if err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
	l.close()
	if _, err := l.dial(t.Context(), "", ""); !errors.Is(err, errGone) {
		t.Errorf("after its end: %v", err)
	}
}
