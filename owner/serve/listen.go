package serve

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// ErrNotLocal says that an address is not one of those at which a page may log in (docs/protocol.md).
var ErrNotLocal = errors.New("neither localhost nor 127.0.0.1")

// local says whether a page from this host may log in to the cloud. Other loopback addresses may not.
func local(host string) bool { return host == "localhost" || host == "127.0.0.1" }

// listen opens the address. The name localhost means both 127.0.0.1 and ::1, where the
// machine has it, on the same port: otherwise another user could take the other one and be given the handover code.
func listen(addr string) (ls []net.Listener, port int, err error) {
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, 0, fmt.Errorf("listen on %q: %w", addr, err)
	}
	if !local(host) {
		return nil, 0, fmt.Errorf("listen on %s: %w", addr, ErrNotLocal)
	}
	if host != "localhost" {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, 0, fmt.Errorf("listen on %s: %w", addr, cause(err))
		}
		return []net.Listener{l}, l.Addr().(*net.TCPAddr).Port, nil
	}
	for try := 0; ; try++ {
		v4, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", service))
		if err != nil {
			return nil, 0, fmt.Errorf("listen on %s: %w", addr, cause(err))
		}
		port := v4.Addr().(*net.TCPAddr).Port
		v6, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
		switch {
		case err == nil:
			return []net.Listener{v4, v6}, port, nil
		case !errors.Is(err, syscall.EADDRINUSE): // no IPv6 here
			return []net.Listener{v4}, port, nil
		}
		v4.Close()
		if service != "0" || try == 10 {
			return nil, 0, fmt.Errorf("listen on [::1]:%d: %w", port, cause(err))
		}
	}
}

// cause leaves out what net says around the reason, which names the address a second time.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
