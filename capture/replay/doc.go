// Package replay makes a camera of a recording: a file of JPEGs one after another, a folder of JPEGs, or
// whatever the ffmpeg of the machine can read.
//
// Frame.Seq counts the pictures of the recording from 0. A torn one is passed over, counted in [Skipped],
// and leaves its number out, so that Seq stays the picture's place in the recording. A looped recording
// goes on counting.
//
// A video of H.264 is delivered twice, as MJPEG for finding motion and as H.264 for showing: the access
// unit of picture i comes right before the JPEG of picture i, both with Seq i and the same moment.
package replay
