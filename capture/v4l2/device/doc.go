// Package device finds the V4L2 cameras of a machine, knows them by names that outlast a replug, describes what they can
// do, waits for one that comes, and resets one that hangs.
//
// A [Device] is one camera: a node that pictures in which motion can be found are captured from. Nodes for metadata and
// output, codecs and picture processors are no cameras. A node of H.264 beside such a node is told with it.
//
// What is stable is taken from sysfs (USB ids, serial number, port), so that it is the same on boards without udev; links
// that udev made are told too. Nothing here sets up or starts a camera: looking disturbs nobody.
package device
