// Package uvc is what makes a USB device a webcam: the descriptors, requests and payloads of the USB Video
// Class, as far as a camera with bulk endpoints needs them.
//
// Section numbers in comments are those of "Universal Serial Bus Device Class Definition for Video
// Devices", revision 1.1 (UVC); "Payload" and "Frame Based" name its companions. All numbers of USB are
// little-endian.
package uvc
