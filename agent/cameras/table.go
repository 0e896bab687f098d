package cameras

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"signet/internal/hint"
)

func printCameras(out io.Writer, cameras []seen, all bool) error {
	i := slices.IndexFunc(cameras, func(c seen) bool { return c.Error != "" })
	if i < 0 {
		i = len(cameras)
	}
	good, bad := cameras[:i], cameras[i:]
	if len(good) > 0 {
		show := printTable
		if all {
			show = printAll
		}
		if err := show(out, good); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nIn the configuration, for each that is to record:\n")
		for _, c := range good {
			fmt.Fprintf(out, "\n[[camera]]\nsource = %q\n", c.Source)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	if len(good) > 0 {
		fmt.Fprintln(out)
	}
	help := printUnusable(out, bad)
	switch {
	case len(good) == 0:
		return hint.With(errors.New("no camera can be used"), help)
	case help != "":
		fmt.Fprintf(out, "hint: %s\n", help)
	}
	return nil
}

func printTable(out io.Writer, cameras []seen) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "NODE\tCAMERA\tPICTURES\tSOURCE\n")
	for _, c := range cameras {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Path, c.Name, c.takes(), c.Source)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, c := range cameras {
		if len(c.InUse) > 0 {
			fmt.Fprintf(out, "%s is in use by %s\n", c.Path, strings.Join(c.InUse, ", "))
		}
	}
	return nil
}

// takes says what the agent asks the camera for.
func (c *seen) takes() string {
	text := fmt.Sprintf("%s %dx%d", c.Takes.Format, c.Takes.Width, c.Takes.Height)
	if most := c.Takes.Rates.Most(); most > 0 {
		text += fmt.Sprintf(", %.4g/s", most)
	}
	if c.H264 != "" {
		text += ", H264"
	}
	return text
}

// printUnusable lists those that cannot be used, alike ones on one line, and returns the first hint.
func printUnusable(out io.Writer, cameras []seen) (help string) {
	fmt.Fprintln(out, "Not usable:")
	for len(cameras) > 0 {
		first, alike, rest := cameras[0], []string{}, []seen{}
		for _, c := range cameras {
			if c.Name == first.Name && c.Error == first.Error {
				alike = append(alike, c.Path)
			} else {
				rest = append(rest, c)
			}
		}
		cameras = rest
		fmt.Fprintf(out, "%s, %s: %s\n", strings.Join(alike, " "), cmp.Or(first.Name, "unknown"), first.Error)
		help = cmp.Or(help, first.Hint)
	}
	return help
}
