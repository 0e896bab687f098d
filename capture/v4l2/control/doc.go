// Package control describes and sets the controls of a V4L2 device: brightness, exposure, power-line frequency and what
// else its driver has. A control is named as v4l2-ctl names it: "Power Line Frequency" is power_line_frequency.
//
// What a configuration says of controls is a [Set]. After [Set.Apply] the camera does what it says: what it names is as
// it says, and everything else is at the driver's default, however an earlier program left it.
//
// The kernel's side is described in its documentation, "User Controls" and "Camera Control Reference" of the "Video for
// Linux API".
package control
