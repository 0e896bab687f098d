package board

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/gpioioctl"
)

// line is a GPIO line of the kernel's character device (linux/gpio.h, version 2 of its interface, since Linux 5.10).
type line interface {
	gpio.PinIO
	Close()
}

// chip is a GPIO chip and its lines; lines without a name have the empty one.
type chip struct {
	name  string // "gpiochip0"
	lines []line
}

// chips asks the kernel for all GPIO chips. It takes no line: that is done when one is first used.
func chips() ([]chip, error) {
	state, err := driverreg.Init()
	if err != nil {
		return nil, err
	}
	if failed := append(state.Failed, state.Skipped...); len(gpioioctl.Chips) == 0 && len(failed) > 0 {
		return nil, failed[0].Err
	}
	var all []chip
	for _, c := range gpioioctl.Chips {
		k := chip{name: c.Name()}
		for _, l := range c.Lines() {
			k.lines = append(k.lines, l)
		}
		all = append(all, k)
	}
	return all, nil
}

// find returns the line of that name, or line n of a chip for "gpiochip0:n".
func find(chips []chip, name string) (line, error) {
	for _, c := range chips {
		for _, l := range c.lines {
			if l.Name() == name {
				return l, nil
			}
		}
	}
	if on, number, ok := strings.Cut(name, ":"); ok {
		for _, c := range chips {
			if n, err := strconv.Atoi(number); err == nil && c.name == on && n >= 0 && n < len(c.lines) {
				return c.lines[n], nil
			}
		}
	}
	return nil, fmt.Errorf("no GPIO line %q; there are %s", name, some(chips))
}

// some names a few of the lines that exist, and all chips.
func some(chips []chip) string {
	const few = 8
	var names, numbers []string
	for _, c := range chips {
		if len(c.lines) > 0 {
			numbers = append(numbers, fmt.Sprintf("%s:0 to %s:%d", c.name, c.name, len(c.lines)-1))
		}
		for _, l := range c.lines {
			if l.Name() != "" {
				names = append(names, l.Name())
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > few {
		names = append(names[:few], fmt.Sprintf("… (%d names)", len(names)))
	}
	if len(numbers) == 0 {
		return "none"
	}
	return strings.Join(append(names, numbers...), ", ")
}
