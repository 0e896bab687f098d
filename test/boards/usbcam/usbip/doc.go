// Package usbip is the device's side of USB/IP: what a program says to the kernel's virtual host
// controller (vhci-hcd) to be a USB device of this machine.
//
// The controller sends transfers (CMD_SUBMIT) and takes them back (CMD_UNLINK); the device completes each
// submitted transfer exactly once, by RET_SUBMIT or by RET_UNLINK, never by both: the kernel drops the
// whole connection on a completion that it does not wait for. All numbers are big-endian but for the eight
// bytes of a SETUP packet, which are as on the wire of USB.
//
// The format is in the kernel's Documentation/usb/usbip_protocol.rst; isochronous transfers are left out.
package usbip
