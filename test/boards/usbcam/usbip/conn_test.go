package usbip_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/usbip/usbiptest"
)

// TestCompletions completes transfers in all ways, several by one write.
func TestCompletions(t *testing.T) {
	host, conn := usbiptest.New()
	var seq []uint32
	submit := func(in bool, length int, data []byte) {
		t.Helper()
		done := make(chan error, 1)
		go func() {
			s, err := host.Submit(1, in, usbip.Setup{}, length, data)
			seq = append(seq, s)
			done <- err
		}()
		m, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if m.Seq != seq[len(seq)-1] || m.In != in || m.Length != length || !bytes.Equal(m.Data, data) {
			t.Fatalf("received %+v", m)
		}
	}
	submit(true, 10, nil)
	submit(true, 10, nil)
	submit(false, 3, []byte("abc"))
	submit(true, 10, nil)
	err := errors.Join(
		conn.Deliver(seq[0], []byte("head"), []byte("body")),
		conn.Deliver(seq[1]),
		conn.Accept(seq[2], 3),
		conn.Refuse(seq[3]),
	)
	if err != nil {
		t.Fatal(err)
	}
	if n := host.Pending(); n != 4 {
		t.Errorf("%d transfers wait before Flush, want 4", n)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []usbiptest.Return{
		{Seq: seq[0], Data: []byte("headbody")},
		{Seq: seq[1]},
		{Seq: seq[2]},
		{Seq: seq[3], Status: -32},
	} {
		if got := <-host.Returns; got.Seq != want.Seq || got.Status != want.Status || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("return %d: %+v, want %+v", i, got, want)
		}
	}
	conn.Close()
	if _, ok := <-host.Returns; ok || host.Err() != nil {
		t.Errorf("after the end: %v", host.Err())
	}
	if _, err := conn.Receive(); err == nil {
		t.Error("received from a closed connection")
	}
}

// TestManyCompletions holds back no more than a few.
func TestManyCompletions(t *testing.T) {
	host, conn := usbiptest.New()
	defer conn.Close()
	const n = 50
	go func() {
		for range n {
			_, _ = host.Submit(1, true, usbip.Setup{}, 4, nil)
		}
	}()
	for i := range n {
		m, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Deliver(m.Seq, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if r := <-host.Returns; len(r.Data) != 1 || r.Data[0] != byte(i) {
			t.Fatalf("return %d: %+v", i, r)
		}
	}
}

// TestEarlyUnlink: the kernel may send an unlinking before its victim.
func TestEarlyUnlink(t *testing.T) {
	host, conn := usbiptest.New()
	defer conn.Close()
	go func() {
		_, _ = host.Submit(1, true, usbip.Setup{}, 4, nil) // 1
		_, _ = host.Unlink(4)                              // 2
		_, _ = host.Unlink(1)                              // 3
		_, _ = host.Submit(1, true, usbip.Setup{}, 4, nil) // 4
		_, _ = host.Submit(1, true, usbip.Setup{}, 4, nil) // 5
	}()
	for i, want := range []usbip.Message{{Seq: 1}, {Seq: 3, Victim: 1}, {Seq: 4}, {Seq: 2, Victim: 4}, {Seq: 5}} {
		m, err := conn.Receive()
		if err != nil || m.Seq != want.Seq || m.Victim != want.Victim || m.Unlink != (want.Victim != 0) {
			t.Fatalf("message %d: %+v, %v; want %+v", i, m, err, want)
		}
	}
}

func TestUnlinksOfNothing(t *testing.T) {
	host, conn := usbiptest.New()
	defer conn.Close()
	go func() {
		for victim := range uint32(1000) {
			if _, err := host.Unlink(1_000_000 + victim); err != nil {
				return
			}
		}
	}()
	if m, err := conn.Receive(); !errors.Is(err, usbip.ErrProtocol) {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestHostGone(t *testing.T) {
	host, conn := usbiptest.New()
	host.Close()
	if _, err := conn.Receive(); err != io.EOF {
		t.Errorf("%v, want io.EOF", err)
	}
	if err := errors.Join(conn.Refuse(1), conn.Flush()); err == nil {
		t.Error("answered a host that is gone")
	}
}
