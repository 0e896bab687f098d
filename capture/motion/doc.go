// Package motion finds what moves in a stream of 1/8-scale pictures.
//
// A [Detector] keeps, for each cell of 8x8 pixels, the mean and deviation of its brightness and how often it blinks, and for each
// four cells those of their colour. A picture goes through it in this order, a file for each step:
//
//	bands, curve, steady   flicker of mains light, exposure and the camera's shaking are taken away
//	model, colour, blink   what is left differs by so much of each cell's own threshold: evidence
//	turns                  what turns to and fro on the spot
//	unrest, light          dapples and soft light are told from things
//	mask, finder           cells with enough evidence among their neighbours form regions; what is mostly background
//	                       at their edges is cut off
//	tracker, track, flash  regions are followed; one is motion when all of it has gone somewhere, or when it is large and
//	                       keeps changing
//	present                for a minute after the start: who is in view from the first frame on
//	fill                   the holes of what moves are filled, and it is reported
//
// Then each cell learns, according to what it is part of: a quiet one at once, one that differs slowly, one of what certainly moves not
// at all for ten seconds. What has left, or was put down, is taken over.
//
// Zones and sizes (watch, size) cut evidence and regions; [Detector.Explain] tells of all this, cell by cell.
//
// Everything is measured in seconds and scaled by the time between frames, so that 5 and 30 frames a
// second behave alike. Brightness is in the units of [luma.Plane]: one grey level is 8.
//
// A Detector belongs to one goroutine. It opens nothing and closes nothing.
//
//	d, err := motion.New(motion.Config{})
//	for {
//		// ... plane of the next frame
//		r := d.Detect(&plane, motion.Stamp{Seq: f.Seq, At: f.Mono})
//		for _, region := range r.Regions {
//			fmt.Println(region.X, region.Y, region.W, region.H, region.Since.Seq)
//		}
//	}
package motion
