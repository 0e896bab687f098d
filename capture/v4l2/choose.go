package v4l2

import (
	"signet/capture"
	"signet/capture/v4l2/uapi"
)

// Mode is a way for a camera to work.
type Mode struct {
	FourCC        string         // the driver's name of the format, "MJPG"
	Format        capture.Format // how its frames are read
	Width, Height int            // pixels
}

// Choose returns the mode that Open asks a driver for, by what the driver says that it has. The error says why there is none.
func Choose(formats []uapi.FormatDesc, sizes func(fourCC uint32) []uapi.FrameSize, o Options) (Mode, error) {
	fourCC, err := chooseFormat(formats, o.Format)
	if err != nil {
		return Mode{}, err
	}
	return chooseMode(fourCC, sizes, o), nil
}

// chooseMode returns the mode of a format.
func chooseMode(fourCC uint32, sizes func(fourCC uint32) []uapi.FrameSize, o Options) Mode {
	m := Mode{FourCC: uapi.FourCCName(fourCC), Width: o.Width, Height: o.Height}
	m.Format, _ = formatOf(fourCC)
	if m.Width <= 0 || m.Height <= 0 {
		m.Width, m.Height = usualSize(m.Format)
	}
	m.Width, m.Height = chooseSize(sizes(fourCC), m.Width, m.Height)
	return m
}

// Usable says whether frames of a driver's format can be taken.
func Usable(fourCC uint32) bool {
	_, ok := formatOf(fourCC)
	return ok
}
