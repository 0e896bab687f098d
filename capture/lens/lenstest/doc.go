// Package lenstest photographs a QR code: it renders what a screen shows, held before a camera, into the camera's
// frames, with the tilt, motion, blur, noise, glare and compression that are asked for.
//
// It stands in for a phone before a camera in tests of package lens and end to end:
//
//	code, err := lenstest.Code(text)                // or the screenshot of a page, decoded from PNG
//	frame, err := lenstest.Shot{Fill: 0.6, Yaw: 20, Blur: 1, Quality: 70}.Frame(code)
//
//	frames, err := lenstest.Film{Before: 20, Shown: 60}.Frames(code)
//	err = lenstest.Write("claim.mjpeg", frames)     // for a replayed camera
//
// Everything follows from the values given: the same Shot of the same screen is the same frame.
package lenstest
