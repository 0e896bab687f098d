package cameras

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"signet/capture/v4l2/control"
	"signet/capture/v4l2/device"
)

// printAll prints everything that is known of cameras, a block each.
func printAll(out io.Writer, cameras []seen) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, c := range cameras {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printOne(w, c)
		if err := w.Flush(); err != nil { // columns of their own for each
			return err
		}
	}
	return nil
}

func printOne(w io.Writer, c seen) {
	fmt.Fprintln(w, c.Name)
	row := func(name, text string) { fmt.Fprintf(w, "  %s\t%s\n", name, text) }
	row("node", c.Path)
	row("driver", c.Driver+" on "+c.Bus)
	if u := c.USB; u != nil {
		text := fmt.Sprintf("%s:%s on port %s", u.Vendor, u.Product, u.Port)
		if u.Serial != "" {
			text += ", serial number " + u.Serial
		}
		row("usb", text)
	}
	for i, n := range c.Names {
		row(map[bool]string{true: "names"}[i == 0], n)
	}
	if c.H264 != "" {
		row("H.264", c.H264)
	}
	if len(c.InUse) > 0 {
		row("in use", "by "+strings.Join(c.InUse, ", "))
	}
	row("pictures", c.takes())
	for _, f := range c.Formats {
		printFormat(w, f)
	}
	if len(c.Controls) > 0 {
		fmt.Fprintln(w, "  controls")
	}
	for _, k := range c.Controls {
		fmt.Fprintf(w, "    %s\t%s\n", k.Name, describe(k))
	}
}

func printFormat(w io.Writer, f device.Format) {
	text := f.Description
	if !f.Usable {
		text += " (not usable)"
	}
	fmt.Fprintf(w, "  %s\t%s\n", f.FourCC, text)
	for _, s := range f.Sizes {
		text := s.String()
		if r := s.Rates.String(); r != "" {
			text += ": " + r
		}
		fmt.Fprintf(w, "  \t  %s\n", text)
	}
}

// mostItems of a menu are printed; no camera's menu is longer, but those of video receivers are.
const mostItems = 24

// describe says what a control can be and is.
func describe(c control.Control) string {
	var parts []string
	switch c.Type {
	case "button", "other":
		return "cannot be set (" + c.Type + ")"
	case "bool":
		parts = append(parts, "true or false")
	case "menu", "intmenu":
		for i, m := range c.Menu {
			if i == mostItems {
				parts = append(parts, fmt.Sprintf("%d more (--json)", len(c.Menu)-i))
				break
			}
			parts = append(parts, fmt.Sprintf("%d %q", m.Value, m.Name))
		}
	case "bitmask":
		parts = append(parts, "bits within "+c.Text(c.Max))
	default:
		parts = append(parts, fmt.Sprintf("%d to %d", c.Min, c.Max))
		if c.Step > 1 {
			parts = append(parts, fmt.Sprintf("in steps of %d", c.Step))
		}
	}
	text := strings.Join(parts, ", ") + "; default " + c.Text(c.Default)
	if c.Value != nil {
		text += ", now " + c.Text(*c.Value)
	}
	if len(c.Flags) > 0 {
		text += "; " + strings.Join(c.Flags, ", ")
	}
	return text
}
