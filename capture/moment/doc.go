// Package moment turns a camera's frames into events: when one starts and ends, how it looks, and its
// clip in parts.
//
// A [Pipeline] takes frames from a camera one by one. Each becomes a 1/8-scale picture (capture/luma)
// in which motion is looked for (capture/motion), and is kept for the length of the pre-roll in a
// [Ring], compressed, in memory. A [Segmenter] says when an event starts and ends. A [Sink] is told,
// in this order:
//
//	Started   half a second after the motion began, with the best picture until then
//	Part      every two to four seconds while the event runs; the first ones hold the pre-roll
//	Ended     after the post-roll, with the best picture of all, and facts
//
// and, whether an event runs or not, that the scene changed as a whole (SceneChanged), which is no motion.
//
// What an event is, precisely: its Start and End are the first and the last frame of motion, without
// rolls. Start is dated back to the frame in which the moving thing was first seen, though only
// later frames proved that it moves.
//
// Clips of MJPEG cameras are thinned before they enter the ring, to a number of frames and of bytes a
// second; pictures of raw cameras are compressed there. A camera's own H.264, where there is one, passes
// through, cut at key frames. Frames that cannot be read reach neither thumbnail nor clip; they are
// counted.
//
// Where nothing happens it is enough to look at 7.5 frames a second, as long as every frame counts from the first suspicion
// on: an event starts at most 100 ms later for it. The frames between go to live viewers after a glance at their structure, and
// neither into the pre-roll nor anywhere else, so that what was not decoded reaches no clip and no thumbnail.
//
// Everything here happens in the goroutine of [Pipeline.Run]. Nothing is written to disk.
package moment
