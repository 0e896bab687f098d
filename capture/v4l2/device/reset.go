package device

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"signet/internal/hint"
)

// usbdevfsReset is USBDEVFS_RESET of linux/usbdevice_fs.h.
const usbdevfsReset = 'U'<<8 | 20

// ErrNotUSB says that a device is on no USB, where only its driver could reset it.
var ErrNotUSB = errors.New("not a USB device")

// Reset resets the USB device that d is, as if it were plugged in anew; whatever else it is (a microphone) goes for a moment too.
// The error wraps ErrNotUSB, or fs.ErrPermission where the process may not.
func (r Root) Reset(d Device) error {
	if d.USB == nil || d.USB.Bus == "" || d.USB.Device == "" {
		return fmt.Errorf("reset camera %s: %w", d.Path, ErrNotUSB)
	}
	reset, path := r.ResetUSB, r.dev("bus/usb", d.USB.Bus, d.USB.Device)
	if reset == nil {
		reset = resetUSB
	}
	err := reset(path)
	if errors.Is(err, fs.ErrPermission) {
		return hint.With(fmt.Errorf("reset camera %s: %s: %w", d.Path, path, err), fmt.Sprintf(
			`a udev rule permits it: SUBSYSTEM=="usb", ATTR{idVendor}=="%s", ATTR{idProduct}=="%s", GROUP="video", MODE="0664"`,
			d.USB.Vendor, d.USB.Product))
	}
	if err != nil {
		return fmt.Errorf("reset camera %s: %s: %w", d.Path, path, err)
	}
	return nil
}

func resetUSB(path string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), usbdevfsReset, 0); errno != 0 {
		return errno
	}
	return nil
}
