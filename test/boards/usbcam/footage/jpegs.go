package footage

import (
	"fmt"
	"os"

	"signet/capture/mjpeg"
	"signet/test/boards/usbcam/uvc"
)

// maxFile bounds a recording, in bytes: a small board holds it in memory.
const maxFile = 256 << 20

// JPEGs is a recording of JPEG images of one size. It is not changed, and safe for concurrent use.
type JPEGs struct {
	Size   uvc.Size
	Images [][]byte // each from SOI to EOI
}

// LoadJPEGs reads a file of JPEG images one after another, with nothing between them.
func LoadJPEGs(path string) (*JPEGs, error) {
	data, err := load(path)
	if err != nil {
		return nil, err
	}
	j, err := splitJPEGs(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return j, nil
}

func load(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.Size() > maxFile {
		return nil, fmt.Errorf("read %s: %d bytes, limit %d", path, info.Size(), maxFile)
	}
	return os.ReadFile(path)
}

// splitJPEGs finds the images in data, of which they stay views.
func splitJPEGs(data []byte) (*JPEGs, error) {
	j := &JPEGs{}
	for at := 0; at < len(data); {
		h, n, err := mjpeg.Check(data[at:])
		if err != nil {
			return nil, fmt.Errorf("image %d at byte %d: %w", len(j.Images), at, err)
		}
		size := uvc.Size{Width: h.Width, Height: h.Height}
		if len(j.Images) == 0 {
			j.Size = size
		} else if size != j.Size {
			return nil, fmt.Errorf("image %d is %s, those before are %s", len(j.Images), size, j.Size)
		}
		j.Images = append(j.Images, data[at:at+n:at+n])
		at += n
	}
	if len(j.Images) == 0 {
		return nil, fmt.Errorf("no image in it: %w", mjpeg.ErrNotJPEG)
	}
	return j, nil
}
