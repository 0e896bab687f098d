// Package camera is a virtual USB webcam: it plugs itself into this machine's virtual host controller, is
// bound by the kernel's own driver, and plays recordings to whoever captures from it. What real webcams do
// wrong it does on command.
//
// A camera is one loop, which owns all state: messages of the host, commands of the test and the clock
// come to it one after another. A command is answered after it took effect.
//
// Pictures come only in the sizes that there are recordings of: nothing is scaled here.
//
//	c, err := camera.New(camera.Config{Pictures: ..., Formats: "mjpeg,yuyv@5", FPS: 10})
//	go c.Run(ctx)
//	answer, err := c.Do(ctx, "plug")
package camera
