package uapi

// MakeFormat is for tests that play a driver.
func MakeFormat(fourCC, description string) FormatDesc {
	f := FormatDesc{FourCC: FourCC(fourCC)}
	copy(f.description[:], description)
	return f
}

// At returns c on another bus; for tests that play a driver.
func (c Capability) At(bus string) Capability {
	clear(c.busInfo[:])
	copy(c.busInfo[:], bus)
	return c
}
