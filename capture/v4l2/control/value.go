package control

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"signet/capture/v4l2/uapi"
)

// value checks what a configuration says of a control and makes the driver's number of it.
func (c *Control) value(v any) (int32, error) {
	switch c.info.Type {
	case uapi.TypeBoolean:
		return c.boolean(v)
	case uapi.TypeMenu, uapi.TypeIntegerMenu:
		return c.choice(v)
	case uapi.TypeInteger:
		return c.integer(v)
	case uapi.TypeBitmask:
		n, ok := number(v)
		if mask := int64(uint32(c.info.Max)); !ok || n < 0 || n&^mask != 0 {
			return 0, fmt.Errorf("%s: %s is not a number of bits within %#x (default %d)", c.Name, written(v), mask, c.info.Default)
		}
		return int32(uint32(n)), nil
	case uapi.TypeButton:
		return 0, fmt.Errorf("%s: is a button, which does something once and cannot be set", c.Name)
	}
	return 0, fmt.Errorf("%s: is of a type that cannot be set here", c.Name)
}

func (c *Control) boolean(v any) (int32, error) {
	n, ok := number(v)
	if !ok || n < 0 || n > 1 {
		return 0, fmt.Errorf("%s: %s is not true or false (default %s)", c.Name, written(v), c.text(c.info.Default))
	}
	return int32(n), nil
}

func (c *Control) integer(v any) (int32, error) {
	n, ok := number(v)
	if _, isBool := v.(bool); !ok || isBool {
		return 0, fmt.Errorf("%s: %s is not a whole number within %d to %d (default %d)", c.Name, written(v), c.Min, c.Max, c.Default)
	}
	if n < int64(c.Min) || n > int64(c.Max) {
		return 0, fmt.Errorf("%s: %d is not within %d to %d (default %d)", c.Name, n, c.Min, c.Max, c.Default)
	}
	if c.Step > 1 && (n-int64(c.Min))%int64(c.Step) != 0 {
		below := n - (n-int64(c.Min))%int64(c.Step)
		near := strconv.FormatInt(below, 10)
		if above := below + int64(c.Step); above <= int64(c.Max) {
			near += " or " + strconv.FormatInt(above, 10)
		}
		return 0, fmt.Errorf("%s: %d is between its steps of %d: take %s (default %d)", c.Name, n, c.Step, near, c.Default)
	}
	return int32(n), nil
}

// choice takes an item by name, whatever the case of letters, or by number.
func (c *Control) choice(v any) (int32, error) {
	i := -1
	if name, ok := v.(string); ok {
		i = slices.IndexFunc(c.Menu, func(m Item) bool { return strings.EqualFold(m.Name, strings.TrimSpace(name)) })
	} else if _, isBool := v.(bool); !isBool {
		n, ok := number(v)
		i = slices.IndexFunc(c.Menu, func(m Item) bool { return ok && int64(m.Value) == n })
	}
	if i < 0 {
		return 0, fmt.Errorf("%s: %s is not one of %s (default %s)", c.Name, written(v), c.choices(), c.text(c.info.Default))
	}
	return int32(c.Menu[i].Value), nil
}

func (c *Control) choices() string {
	var all []string
	for _, m := range c.Menu {
		all = append(all, fmt.Sprintf("%d %q", m.Value, m.Name))
	}
	return strings.Join(all, ", ")
}

// text is the driver's number for people.
func (c *Control) text(v int32) string {
	switch c.info.Type {
	case uapi.TypeBoolean:
		if v == 0 {
			return "false"
		}
		return "true"
	case uapi.TypeMenu, uapi.TypeIntegerMenu:
		if i := slices.IndexFunc(c.Menu, func(m Item) bool { return m.Value == int(v) }); i >= 0 {
			return strconv.Quote(c.Menu[i].Name)
		}
	}
	return strconv.Itoa(int(v))
}

// number reads what a configuration file may hold: whole numbers and switches.
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	return 0, false
}

// written is a value as it stands in a configuration.
func written(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}
