package camera

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/test/boards/usbcam/usbip"
)

// Patience with the kernel: that it configures what is plugged in, and clears up after what is pulled out.
const patience = 10 * time.Second

// Do executes a command and returns its answer, which is empty for most. It may be called concurrently.
// Commands are listed by Help.
func (c *Camera) Do(ctx context.Context, line string) (string, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", errors.New("no command")
	}
	table := commands()
	cmd, ok := table[words[0]]
	if !ok {
		return "", fmt.Errorf("no command %q: there are %s", words[0], strings.Join(slices.Sorted(maps.Keys(table)), ", "))
	}
	args := words[1:]
	if len(args) < cmd.least || len(args) > cmd.most {
		return "", fmt.Errorf("usage: %s %s", words[0], cmd.usage)
	}
	answer, err := cmd.do(c, ctx, args)
	if err != nil {
		return "", fmt.Errorf("%s: %w", words[0], err)
	}
	return answer, nil
}

// command is one that the camera knows.
type command struct {
	usage       string
	least, most int // arguments
	do          func(c *Camera, ctx context.Context, args []string) (string, error)
}

// Help lists the commands, one a line.
func Help() string {
	var b strings.Builder
	table := commands()
	for _, name := range slices.Sorted(maps.Keys(table)) {
		fmt.Fprintf(&b, "%s %s\n", name, table[name].usage)
	}
	return b.String()
}

// commands returns all of them, by name.
func commands() map[string]command {
	table := map[string]command{
		"plug":       {"[PORT]: plug in, wait until the kernel has configured it", 0, 1, (*Camera).doPlug},
		"unplug":     {": pull the plug, wait until the port is free", 0, 0, (*Camera).doUnplug},
		"play":       {": go on with the recording", 0, 0, setPlaying(true)},
		"freeze":     {": hold the picture still", 0, 0, setPlaying(false)},
		"rewind":     {": go to the first picture", 0, 0, (*Camera).doRewind},
		"stall":      {": send no more payloads until go or a reset; requests are answered", 0, 0, setStall(stallSoft)},
		"stall-hard": {": answer nothing at all until a reset", 0, 0, setStall(stallHard)},
		"go":         {": end a stall", 0, 0, setStall(stallNone)},
		"nohuffman":  {"on|off [STREAM]: images without Huffman tables", 1, 2, (*Camera).doNoHuffman},
		"formats":    {"LIST: what it offers when it is plugged in the next time", 1, 1, (*Camera).doFormats},
		"wait":       {"N [STREAM]: until N more frames are sent", 1, 2, (*Camera).doWait},
		"state":      {": what there is to know, as JSON", 0, 0, (*Camera).doState},
	}
	for name, what := range map[string]string{
		"torn": "are cut in the middle, with end of frame", "noeof": "lack the end-of-frame bit", "err": "have the error bit",
		"garbage": "are no JPEG", "twoimages": "hold two JPEGs", "padding": "end in zeros",
	} {
		table[name] = command{"N [STREAM]: the next N frames " + what, 1, 2, setFault(name)}
	}
	return table
}

var errUnplugged = errors.New("it is not plugged in")

// with runs f in the loop.
func (c *Camera) with(ctx context.Context, f func() error) error {
	var err error
	if e := c.call(ctx, func() { err = f() }); e != nil {
		return e
	}
	return err
}

// withPlug runs f in the loop if the camera is plugged in.
func (c *Camera) withPlug(ctx context.Context, f func(p *plug) error) error {
	return c.with(ctx, func() error {
		if c.plugged == nil {
			return errUnplugged
		}
		return f(c.plugged)
	})
}

// withStream runs f in the loop with the stream that an optional argument names; the first one by default.
func (c *Camera) withStream(ctx context.Context, args []string, f func(s *stream) error) error {
	return c.withPlug(ctx, func(p *plug) error {
		n := 0
		if len(args) > 0 {
			var err error
			if n, err = strconv.Atoi(args[0]); err != nil || n < 0 || n >= len(p.streams) {
				return fmt.Errorf("no stream %q: there are %d, from 0", args[0], len(p.streams))
			}
		}
		return f(p.streams[n])
	})
}

func (c *Camera) doPlug(ctx context.Context, args []string) (string, error) {
	port := -1
	if len(args) > 0 {
		var err error
		if port, err = strconv.Atoi(args[0]); err != nil || port < 0 {
			return "", fmt.Errorf("no port %q", args[0])
		}
	}
	var ready chan struct{}
	err := c.with(ctx, func() error {
		p, err := c.plugIn(port)
		if err == nil {
			ready = p.ready
		}
		return err
	})
	if err != nil {
		return "", err
	}
	select {
	case <-ready:
		return "", nil
	case <-c.ended:
		return "", errEnded
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(patience):
		return "", fmt.Errorf("the kernel has not configured it after %v", patience)
	}
}

func (c *Camera) doUnplug(ctx context.Context, _ []string) (string, error) {
	var port int
	err := c.withPlug(ctx, func(p *plug) error {
		port = p.port
		c.pull()
		return nil
	})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return "", c.cfg.Hub.WaitFree(ctx, port)
}

func setPlaying(on bool) func(*Camera, context.Context, []string) (string, error) {
	return func(c *Camera, ctx context.Context, _ []string) (string, error) {
		return "", c.with(ctx, func() error { c.playing = on; return nil })
	}
}

func (c *Camera) doRewind(ctx context.Context, _ []string) (string, error) {
	return "", c.with(ctx, func() error {
		c.reel.rewind()
		c.film.rewind()
		return nil
	})
}

func setStall(kind stall) func(*Camera, context.Context, []string) (string, error) {
	return func(c *Camera, ctx context.Context, _ []string) (string, error) {
		return "", c.withPlug(ctx, func(p *plug) error {
			if p.stall == stallHard && kind != stallHard {
				return errors.New("only a reset of the device ends stall-hard")
			}
			p.stall = kind
			return p.pump(c)
		})
	}
}

func setFault(name string) func(*Camera, context.Context, []string) (string, error) {
	return func(c *Camera, ctx context.Context, args []string) (string, error) {
		n, err := count(args[0])
		if err != nil {
			return "", err
		}
		return "", c.withStream(ctx, args[1:], func(s *stream) error {
			*s.faults.counter(name) = n
			return nil
		})
	}
}

func (c *Camera) doNoHuffman(ctx context.Context, args []string) (string, error) {
	if args[0] != "on" && args[0] != "off" {
		return "", fmt.Errorf("%q: must be on or off", args[0])
	}
	return "", c.withStream(ctx, args[1:], func(s *stream) error {
		s.faults.NoHuffman = args[0] == "on"
		return nil
	})
}

func (c *Camera) doFormats(ctx context.Context, args []string) (string, error) {
	return "", c.with(ctx, func() error {
		if _, err := c.parseFormats(args[0]); err != nil {
			return err
		}
		c.formats = args[0]
		return nil
	})
}

func (c *Camera) doWait(ctx context.Context, args []string) (string, error) {
	n, err := count(args[0])
	if err != nil {
		return "", err
	}
	done := make(chan struct{})
	var pulled chan struct{}
	err = c.withStream(ctx, args[1:], func(s *stream) error {
		s.waiters = append(s.waiters, waiter{frames: s.frames + uint64(n), done: done})
		pulled = c.plugged.pulled
		return nil
	})
	if err != nil {
		return "", err
	}
	select {
	case <-done:
		return "", nil
	case <-pulled:
		return "", errUnplugged
	case <-c.ended:
		return "", errEnded
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (c *Camera) doState(ctx context.Context, _ []string) (string, error) {
	var s State
	if err := c.call(ctx, func() { s = c.state() }); err != nil {
		return "", err
	}
	if s.Bus = busOf(c.cfg.Hub, s.Port); s.Bus != "" {
		s.Nodes = usbip.Nodes(s.Bus)
	}
	b, err := json.Marshal(s)
	return string(b), err
}

// count reads a number of frames.
func count(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, fmt.Errorf("%q: must be a number of frames, 1 to 1000000", s)
	}
	return n, nil
}
