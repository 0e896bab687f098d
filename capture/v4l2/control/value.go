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
		if !ok || n < 0 || n&^c.Max != 0 {
			return 0, fmt.Errorf("%s: %s is not a number of bits within %#x (default %#x)", c.Name, written(v), c.Max, c.Default)
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
		return 0, fmt.Errorf("%s: %s is not true or false (default %s)", c.Name, written(v), c.Text(c.Default))
	}
	return int32(n), nil
}

func (c *Control) integer(v any) (int32, error) {
	n, ok := number(v)
	if _, isBool := v.(bool); !ok || isBool {
		return 0, fmt.Errorf("%s: %s is not a whole number within %d to %d (default %d)", c.Name, written(v), c.Min, c.Max, c.Default)
	}
	if n < c.Min || n > c.Max {
		return 0, fmt.Errorf("%s: %d is not within %d to %d (default %d)", c.Name, n, c.Min, c.Max, c.Default)
	}
	if c.Step > 1 && (n-c.Min)%c.Step != 0 {
		below := n - (n-c.Min)%c.Step
		near := strconv.FormatInt(below, 10)
		if above := below + c.Step; above <= c.Max {
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
		i = slices.IndexFunc(c.Menu, func(m Item) bool { return ok && m.Value == n })
	}
	if i < 0 {
		return 0, fmt.Errorf("%s: %s is not one of %s (default %s)", c.Name, written(v), c.choices(), c.Text(c.Default))
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
