package lenstest

import (
	"fmt"
	"image"
	"image/color"

	"rsc.io/qr/coding"
)

// quiet is the white around a code, in modules (ISO/IEC 18004).
const quiet = 4

// modulePixels is the side of a module in the pictures of codes.
const modulePixels = 8

// Code returns a text as a QR code of level M in the smallest version that holds it, black on white with its quiet
// zone.
func Code(text string) (image.Image, error) {
	var content coding.Encoding = coding.String(text)
	if coding.Alpha(text).Check() == nil {
		content = coding.Alpha(text)
	}
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		if content.Bits(v) <= 8*v.DataBytes(coding.M) {
			return drawCode(content, v)
		}
	}
	return nil, fmt.Errorf("make code: a text of %d bytes is too long", len(text))
}

func drawCode(content coding.Encoding, v coding.Version) (image.Image, error) {
	plan, err := coding.NewPlan(v, coding.M, mask)
	if err != nil {
		return nil, fmt.Errorf("make code: %w", err)
	}
	code, err := plan.Encode(content)
	if err != nil {
		return nil, fmt.Errorf("make code: %w", err)
	}
	side := (code.Size + 2*quiet) * modulePixels
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !code.Black(x/modulePixels-quiet, y/modulePixels-quiet) {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return img, nil
}

// mask is the pattern that a code's data are mixed with; any of the eight will do.
const mask coding.Mask = 3
