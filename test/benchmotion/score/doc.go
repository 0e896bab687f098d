// Package score says how good a motion detector is on a clip whose truth is known.
//
// Every detector is judged by the same two things: the frames in which it says that something moves
// ([Seen].Moving), and, where it tells, the cells. Lists of events are not compared, for each detector
// bridges pauses in its own way; events are made here from its frames, by one rule for all.
//
// No figure is good alone. A detector that is always on finds every visit at once: what it is worth is seen
// in its false events, its seconds of false motion and its precision. So a [Result] has them all, and
// whoever shows one shows the others.
//
// A visit is a run of frames in which something moves; stillness is what lies between visits and is not
// ignored. Then:
//
//	found          visits in which there is a frame of reported motion
//	late           from a visit's first frame to its first frame of reported motion; not of visits that go on
//	               at the start of what is judged, nor where motion has been reported for a second before
//	false events   runs of reported motion in stillness, pauses under a second bridged, that are not only
//	               the edge of a visit: those within a second of one are its edge
//	false seconds  all frames of reported motion in stillness, edges too
//	precision      of the frames of reported motion, how many are true
//	recall         of the true frames, how many are reported
//	F              their harmonic mean
//
// Cells have precision, recall and F likewise, over all cells of all frames of a clip at once.
package score
