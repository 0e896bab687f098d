package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/uapi"
	"signet/internal/order"
)

// Set is what a configuration says: values by name. A value is a bool, a whole number (int, int64), or the name of a
// menu's item.
type Set map[string]any

// Change is a control that was set.
type Change struct {
	Name  string
	Asked string // as people write it
	Set   string // what the driver then said, which is what Asked is but where the driver knows better
}

// Apply sets what s names, and everything else to its default, but for what is a driver's own (see resettable). Controls
// that are as they should be are left alone. All that can be set is set; the error joins what could not, one each, and in
// one more what was left when ctx ended or the device did not answer any more, which wraps ctx.Err() or the kernel's error.
// A device that hangs delays it by about 10 seconds.
func (s Set) Apply(ctx context.Context, n Node) ([]Change, error) {
	return s.apply(ctx, n, false, resettable)
}

// ApplyAfter sets what s names, and what before named and s does not to its default, as Apply does.
func (s Set) ApplyAfter(ctx context.Context, n Node, before Set) ([]Change, error) {
	names := map[string]bool{}
	for key := range before {
		names[Name(key)] = true
	}
	return s.apply(ctx, n, true, func(c *Control) bool { return names[c.Name] })
}

// The kernel numbers controls by class: user, camera, flash and so on (V4L2_CTRL_CLASS_*). What no class of the kernel's
// holds is a driver's own, such as vivid's, that make it fail.
const firstClass, lastClass = 0x0098, 0x00af

// resettable says whether a control that nobody names is put to its default.
func resettable(c *Control) bool {
	class := c.info.ID >> 16
	return class >= firstClass && class <= lastClass
}

// wish is a value that a control is to have.
type wish struct {
	control *Control
	value   int32
	named   bool
	removed bool // from the configuration just now
}

func (s Set) apply(ctx context.Context, n Node, removed bool, forget func(*Control) bool) ([]Change, error) {
	r := newRound(ctx, n)
	all := list(n)
	if r.over() { // the list may have ended where the device did not answer
		return nil, notSet(slices.Sorted(maps.Keys(s)), r.err)
	}
	wishes, errs := s.wishes(all, removed, forget)
	var changes []Change
	try := func(wishes []wish) (later []wish) {
		for i, w := range wishes {
			if r.over() {
				return append(later, wishes[i:]...)
			}
			change, err := r.set(w)
			if errors.Is(err, errInactive) {
				later = append(later, w)
				continue
			}
			if change != nil || err != nil {
				r.saw(err)
			}
			switch {
			case r.err != nil:
				later = append(later, w)
			case change != nil:
				changes = append(changes, *change)
			case err != nil && !errors.Is(err, errUnread):
				errs = append(errs, err)
			}
		}
		return later
	}
	// Switches before numbers: with an automatic on, the control that it moves has no effect, and some drivers refuse it.
	rest := slices.IndexFunc(wishes, func(w wish) bool { return w.rank() == numbers })
	if rest < 0 {
		rest = len(wishes)
	}
	later := append(try(wishes[:rest]), wishes[rest:]...)
	for left := -1; len(later) != left && len(later) > 0 && !r.over(); { // until none of them is in the way of another any more
		left = len(later)
		refresh(n, later)
		later = try(later)
	}
	return changes, errors.Join(append(errs, r.left(later)...)...)
}

// left are the errors for wishes that were not fulfilled.
func (r *round) left(wishes []wish) (errs []error) {
	var all []Control
	for i, w := range wishes {
		if r.over() {
			return append(errs, r.unset(wishes[i:]))
		}
		if !w.named {
			continue
		}
		if all == nil {
			all = list(r.n)
		}
		errs = append(errs, r.inactive(w.control, all))
	}
	return errs
}

// unset says in a line what is left when a round has ended.
func (r *round) unset(wishes []wish) error {
	var names []string
	for _, w := range wishes {
		if w.named {
			names = append(names, w.control.Name)
		}
	}
	if n := len(wishes) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("%d that are not named", n))
	}
	return notSet(names, r.err)
}

func notSet(names []string, why error) error {
	if len(names) == 0 {
		names = []string{"controls"}
	}
	return fmt.Errorf("%s: not set: %w", strings.Join(names, ", "), why)
}

// The order in which wishes are tried.
const (
	forgotten = iota // numbers that were removed go to their defaults while they can: an automatic that comes on holds them fast
	switches
	numbers
)

func (w wish) rank() int {
	switch {
	case w.control.isSwitch():
		return switches
	case w.removed && !w.control.has(uapi.FlagInactive):
		return forgotten
	}
	return numbers
}

// wishes are what each control is to be, in the order in which they are tried.
func (s Set) wishes(all []Control, removed bool, forget func(*Control) bool) (wishes []wish, errs []error) {
	named := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		c := byName(all, Name(key))
		if c == nil {
			errs = append(errs, unknown(key, all))
			continue
		}
		named[c.Name] = true
		v, err := c.value(s[key])
		switch {
		case err != nil:
			errs = append(errs, err)
		case c.has(uapi.FlagReadOnly):
			errs = append(errs, fmt.Errorf("%s: can be read only", c.Name))
		default:
			wishes = append(wishes, wish{control: c, value: v, named: true})
		}
	}
	for i := range all {
		if c := &all[i]; !named[c.Name] && forget(c) && c.settable() {
			wishes = append(wishes, wish{control: c, value: c.info.Default, removed: removed})
		}
	}
	order.StablyBy(wishes, func(a, b wish) int { return cmp.Compare(a.rank(), b.rank()) })
	return wishes, errs
}

// settable says whether a control has a default to be put to.
func (c *Control) settable() bool {
	return c.Type != "other" && c.Type != "button" && !c.has(uapi.FlagReadOnly|uapi.FlagVolatile|uapi.FlagExecuteOnWrite|uapi.FlagWriteOnly)
}

func (c *Control) isSwitch() bool {
	return c.info.Type == uapi.TypeBoolean || c.info.Type == uapi.TypeMenu
}

// refresh looks again at controls: a switch that was thrown changes others.
func refresh(n Node, wishes []wish) {
	infos := n.Controls()
	for _, w := range wishes {
		if i := slices.IndexFunc(infos, func(c uapi.ControlInfo) bool { return c.ID == w.control.info.ID }); i >= 0 {
			w.control.info.Flags = infos[i].Flags
		}
	}
}

var (
	errInactive = errors.New("without effect for now")
	errUnread   = errors.New("not read")
)

// set fulfils a wish and reads back what came of it. It returns nil where there was nothing to do.
func (r *round) set(w wish) (*Change, error) {
	c := w.control
	if c.has(uapi.FlagInactive) {
		return nil, errInactive
	}
	asked := c.number(w.value)
	switch v, err := r.value(c); {
	case err == nil && v == asked:
		return nil, nil
	case err != nil && err != errNoValue && (!w.named || hangs(err)): // what cannot be read has no default to go back to
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	err := r.n.SetControl(c.info.ID, w.value)
	switch {
	case errors.Is(err, unix.EACCES):
		return nil, errInactive // thrown meanwhile, or by the kernel that does not tell
	case errors.Is(err, unix.EBUSY):
		return nil, fmt.Errorf("%s: cannot be changed while the camera works, or another program holds it", c.Name)
	case errors.Is(err, unix.ERANGE), errors.Is(err, unix.EINVAL):
		return nil, fmt.Errorf("%s: the driver does not take %s", c.Name, c.Text(asked))
	case err != nil:
		return nil, fmt.Errorf("%s: set %s: %w", c.Name, c.Text(asked), err)
	}
	change := &Change{Name: c.Name, Asked: c.Text(asked), Set: c.Text(asked)}
	if c.has(uapi.FlagWriteOnly) {
		return change, nil
	}
	v, err := r.value(c)
	if err != nil {
		return nil, fmt.Errorf("%s: read back what was set: %w", c.Name, err)
	}
	change.Set = c.Text(v)
	return change, nil
}

// inactive says why a control has no effect: an automatic control that is on, where there is one that sounds like it.
func (r *round) inactive(c *Control, all []Control) error {
	if auto := automaticOf(c, all); auto != nil {
		v, err := r.value(auto)
		r.saw(err)
		if err == nil {
			return fmt.Errorf("%s: has no effect while %s is %s; %s switches it", c.Name, auto.Name, auto.Text(v), auto.manual())
		}
	}
	return fmt.Errorf("%s: has no effect while another control is as it is", c.Name)
}

// manual is the line of a configuration that switches an automatic control off.
func (c *Control) manual() string {
	for _, m := range c.Menu {
		if strings.Contains(strings.ToLower(m.Name), "manual") {
			return fmt.Sprintf("%s = %q", c.Name, m.Name)
		}
	}
	if c.info.Type == uapi.TypeBoolean {
		return c.Name + " = false"
	}
	return "another " + c.Name
}

// automaticOf finds the automatic control that moves c: the one with most words of c's name.
func automaticOf(c *Control, all []Control) (found *Control) {
	best := 0
	for i := range all {
		a := &all[i]
		if a.Name == c.Name || !strings.Contains(a.Name, "auto") || a.has(uapi.FlagInactive) {
			continue
		}
		common := 0
		for _, word := range strings.Split(c.Name, "_") {
			if strings.Contains(a.Name, word) {
				common += len(word)
			}
		}
		if common > best {
			best, found = common, a
		}
	}
	return found
}
