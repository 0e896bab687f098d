// Package uapi is the part of the kernel's V4L2 interface that Signet uses: structures of linux/videodev2.h and, on a
// [Node], the calls that take them. It decides nothing.
//
// The kernel's side is described in its documentation, "Video for Linux API".
package uapi
