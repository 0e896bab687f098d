// Package v4l2 is the camera of a Linux device node, /dev/videoN.
//
// Streaming is github.com/blackjack/webcam's, whose habits shape this package: it does not tell what a
// driver really set up, so a second descriptor on the same node asks (VIDIOC_G_FMT, VIDIOC_G_PARM) and
// enumerates; it reuses a buffer as soon as that is released, so a frame is copied before; it stamps
// nothing, so a frame's moment is when it was fetched, some milliseconds after it was exposed.
//
// MJPEG is taken first, then the raw formats that package luma reads. Single-planar capture only.
//
// The kernel's side is described in include/uapi/linux/videodev2.h and in the kernel's documentation,
// "Video for Linux API".
package v4l2
