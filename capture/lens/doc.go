// Package lens finds QR codes in a camera's frames: how an owner shows a claim code to a camera that nobody owns.
//
//	f := lens.New(lens.Config{Prefix: "SIGNET1:"})
//	for … { // each frame
//		if text, ok := f.Look(&frame); ok {
//			view, err := f.View(&frame) // "is this your view?"
//		}
//	}
//
// A hand is unsteady and a lens is poor, so a single frame proves nothing: each attempt takes one frame and reads it in one way, and
// the ways take turns (ways.go). What is searched with is the port of quirc in liyue201/goqr: it is 90 KB of a stripped ARM
// program, where the port of ZXing is 1.0 MB, and reads as much.
//
// The cost is bounded: there is at most one attempt in Config.Every, and after one that took t there is none for 3 t, so that
// looking takes a quarter of one processor at most, however weak it is and whatever is held before the lens. A Finder holds
// about 2 MB; let go of it when nothing is looked for.
package lens
