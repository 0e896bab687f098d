package identity

// Reread returns the same camera with the certificates that the state folder dir holds now, which belong together and to this
// camera's key; nothing else is read. d stays as it is.
func (d *Device) Reread(dir string) (*Device, error) {
	n := *d
	n.Cert, n.Fleet = nil, nil
	if err := n.readCertificates(dir); err != nil {
		return nil, err
	}
	if n.Cert == nil {
		return nil, ErrNotEnrolled
	}
	return &n, nil
}
