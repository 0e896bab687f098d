// Package camera is a virtual USB webcam: it plugs itself into this machine's virtual host controller, is
// bound by the kernel's own driver, and plays recordings to whoever captures from it. What real webcams do
// wrong it does on command.
//
// A camera is one loop, which owns all state: messages of the host, commands of the test and the clock
// come to it one after another. A command is answered after it took effect.
//
// Pictures come only in the sizes that there are recordings of: nothing is scaled here.
//
// What Linux 6.1 makes of what is wrong, seen with bulk transfers:
//
//   - torn: delivered short and not marked as broken; YUYV is dropped, with a gap in the sequence.
//   - noeof: delivered whole when the next frame begins, and the sequence jumps by two though nothing is lost.
//   - err: never delivered; a gap in the sequence.
//   - stall: nothing is delivered and nothing said.
//   - stall-hard: after a control request's time-out of 5 s the driver gives errors; a reset helps.
//   - a reset (USBDEVFS_RESET): ENODEV for who has the node open, then a node again, with another number while
//     the old one is held open; bus and device number stay.
//   - unplug: ENODEV at once.
//
// In use:
//
//	c, err := camera.New(camera.Config{Pictures: ..., Formats: "mjpeg,yuyv@5", FPS: 10})
//	go c.Run(ctx)
//	answer, err := c.Do(ctx, "plug")
package camera
