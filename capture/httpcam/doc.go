// Package httpcam takes pictures from a camera on the network that sends one JPEG after another in the answer to one HTTP
// request: what IP cameras, mjpg-streamer, ustreamer and the motion daemon call an MJPEG stream. There is no standard for it
// but multipart/x-mixed-replace, whose part headers are passed over: a picture is what reads as a whole JPEG.
//
// A [Camera] reads as fast as the network delivers and keeps the newest picture alone, so that what it gives is never
// old; what was not taken in time is counted as lost. A stream that ends is capture.ErrGone, one that says nothing for three
// seconds capture.ErrStalled; who has the camera opens it again.
//
// Addresses may carry secrets in their query and are never told with it.
package httpcam
