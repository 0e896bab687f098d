// Package compress makes JPEG images of the frames of raw cameras.
//
// Clips, thumbnails and the live view of such cameras are made with it: baseline JPEG (ITU-T T.81) with the
// standard Huffman tables and chroma at half size, straight from the layout in which a camera delivers. An
// [Encoder] allocates nothing in steady state. Package image/jpeg wants an image first, allocates, and takes 2.7
// times as many instructions on 32-bit ARM: 71 million for 640x480 pixels against 24 million from NV12, 27 million
// from YUYV (November 2026, GOARM=7).
package compress
