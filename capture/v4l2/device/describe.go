package device

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"signet/capture/v4l2"
	"signet/capture/v4l2/control"
	"signet/capture/v4l2/uapi"
	"signet/internal/order"
)

// Description is what a device can do.
type Description struct {
	Formats  []Format          `json:"formats"`
	Controls []control.Control `json:"controls"`
	Takes    Mode              `json:"takes"` // what the agent asks it for where the configuration says nothing
}

// Mode is a way for a device to work.
type Mode struct {
	Format string `json:"format"` // "MJPG"
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"`
	Rates  Rates  `json:"rates"`
}

// Format is a picture format of a device.
type Format struct {
	FourCC      string `json:"fourcc"`      // "MJPG"
	Description string `json:"description"` // the driver's: "Motion-JPEG"
	Usable      bool   `json:"usable"`      // the agent can read it
	Sizes       []Size `json:"sizes"`
}

// Size is a size, or with a Max a range of them.
type Size struct {
	Width     int   `json:"width"` // pixels
	Height    int   `json:"height"`
	MaxWidth  int   `json:"max_width,omitempty"`
	MaxHeight int   `json:"max_height,omitempty"`
	StepX     int   `json:"step_x,omitempty"`
	StepY     int   `json:"step_y,omitempty"`
	Rates     Rates `json:"rates"` // of a range, at its smallest
}

// Rates are frames per second, the fastest first; or a range of them, from the slowest.
type Rates struct {
	List []float64 `json:"list,omitempty"`
	Min  float64   `json:"min,omitempty"`
	Max  float64   `json:"max,omitempty"`
}

// Describe asks a device what it can do. It disturbs nobody who uses the device.
func (r Root) Describe(d Device) (Description, error) {
	n, err := r.OpenNode(d.Path)
	if err != nil {
		return Description{}, fmt.Errorf("describe camera %s: %w", d.Path, err)
	}
	defer n.Close()
	var all Description
	formats := n.Formats()
	for _, f := range formats {
		format := Format{FourCC: uapi.FourCCName(f.FourCC), Description: plain(f.Description()), Usable: v4l2.Usable(f.FourCC)}
		for _, s := range n.Sizes(f.FourCC) {
			format.Sizes = append(format.Sizes, size(n, f.FourCC, s))
		}
		all.Formats = append(all.Formats, format)
	}
	if m, err := v4l2.Choose(formats, n.Sizes, v4l2.Options{}); err == nil {
		all.Takes = Mode{m.FourCC, m.Width, m.Height, rates(n.Intervals(uapi.FourCC(m.FourCC), uint32(m.Width), uint32(m.Height)))}
	}
	all.Controls = control.List(n)
	for _, c := range all.Controls {
		for i := range c.Menu {
			c.Menu[i].Name = plain(c.Menu[i].Name)
		}
	}
	return all, nil
}

func size(n Node, fourCC uint32, s uapi.FrameSize) Size {
	if s.Kind == uapi.Discrete {
		return Size{Width: int(s.N[0]), Height: int(s.N[1]), Rates: rates(n.Intervals(fourCC, s.N[0], s.N[1]))}
	}
	return Size{
		Width: int(s.N[0]), MaxWidth: int(s.N[1]), StepX: int(max(s.N[2], 1)),
		Height: int(s.N[3]), MaxHeight: int(s.N[4]), StepY: int(max(s.N[5], 1)),
		Rates: rates(n.Intervals(fourCC, s.N[0], s.N[3])),
	}
}

// rates makes frames per second of the times between frames.
func rates(intervals []uapi.FrameInterval) Rates {
	var r Rates
	for _, v := range intervals {
		if v.Kind != uapi.Discrete { // the shortest time is the highest rate; continuous or in steps
			return Rates{Min: fps(v.N[1]), Max: fps(v.N[0])}
		}
		if f := fps(v.N[0]); f > 0 && !slices.Contains(r.List, f) {
			r.List = append(r.List, f)
		}
	}
	order.By(r.List, func(a, b float64) int { return cmp.Compare(b, a) })
	return r
}

// fps rounds to a hundredth: 30000/1001 is 29.97.
func fps(f uapi.Fraction) float64 { return math.Round(100*f.FPS()) / 100 }

func (s Size) String() string {
	if s.MaxWidth == 0 {
		return fmt.Sprintf("%dx%d", s.Width, s.Height)
	}
	text := fmt.Sprintf("%dx%d to %dx%d", s.Width, s.Height, s.MaxWidth, s.MaxHeight)
	if s.StepX > 1 || s.StepY > 1 {
		text += fmt.Sprintf(" in steps of %dx%d", s.StepX, s.StepY)
	}
	return text
}

// Most is the highest rate; 0 if the driver does not tell.
func (r Rates) Most() float64 {
	if len(r.List) > 0 {
		return r.List[0]
	}
	return r.Max
}

func (r Rates) String() string {
	text := ""
	for i, f := range r.List {
		if i > 0 {
			text += ", "
		}
		text += short(f)
	}
	if r.Max > 0 {
		text = short(r.Min) + " to " + short(r.Max)
	}
	if text == "" {
		return ""
	}
	return text + "/s"
}

func short(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
