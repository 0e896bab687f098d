// Package motion finds what moves in a stream of 1/8-scale grey pictures.
//
// A [Detector] keeps, for each cell of 8x8 pixels, the mean and deviation of its brightness and how
// often it blinks. A cell differs when its brightness leaves the mean by more than its threshold,
// after the change that the whole picture made (exposure, dimming) is taken away. Cells that differ
// form regions, regions are followed from frame to frame, and only a region that lasts, travels or is
// large, and keeps changing, is confirmed. Leaves, lamps, noise and what a settling model imagines are not.
//
// Everything is measured in seconds and scaled by the time between frames, so that 5 and 30 frames a
// second behave alike. Brightness is in the units of [luma.Plane]: one grey level is 8.
//
// A Detector belongs to one goroutine. It opens nothing and closes nothing.
//
//	d := motion.New(motion.Config{})
//	for {
//		// ... plane of the next frame
//		r := d.Detect(&plane, motion.Stamp{Seq: f.Seq, At: f.Mono})
//		for _, region := range r.Regions {
//			fmt.Println(region.X, region.Y, region.W, region.H, region.Since.Seq)
//		}
//	}
package motion
