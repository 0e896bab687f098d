// Package lens finds QR codes in a camera's frames: how an owner shows a claim code to a camera that nobody owns.
//
//	f := lens.New(lens.Config{Prefix: "SIGNET1:"})
//	for … { // each frame
//		if text, ok := f.Look(&frame); ok {
//			view, err := f.View(&frame) // "is this your view?"
//		}
//	}
//
// A hand is unsteady and a lens is poor, so a single frame proves nothing: each attempt takes one frame and compares its pixels with
// their surroundings in one way, and the ways take turns. What is dark then is read by package qr. The ports of quirc
// (liyue201/goqr) and ZXing (makiuchi-d/gozxing) were tried first: of 280 rendered frames, ten of each of 28 conditions from easy
// to hopeless, qr reads 275 in 14 ms each, goqr at its best 219 in 26 ms and none that are mirrored. There are marks at which goqr
// searches for minutes, and gozxing adds 1.1 MB to a stripped ARM program and reads next to nothing that is tilted by 25 degrees
// (November 2026, amd64).
//
// The cost is bounded: there is at most one attempt in Config.Every, and after one that took t there is none for 3 t, so that
// looking takes a quarter of one processor at most, however weak it is and whatever is held before the lens. A Finder holds
// about 2 MB; let go of it when nothing is looked for.
package lens
