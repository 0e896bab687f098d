// Package mjpeg reads JPEG images as containers: where one ends, how large its picture is, whether it
// is whole. It never looks at pixels; capture/luma does.
//
// Cameras and recordings deliver JPEG in forms that picture libraries refuse: padded after the end,
// several in one buffer, torn in the middle, without their Huffman tables. This package finds whole
// images in such bytes ([Splitter], [Find], [End]), says what they are ([Parse]) and makes them decodable
// everywhere ([AppendDecodable]).
//
// Nothing here allocates in steady state, and every length comes from outside and is checked.
// The format is ITU-T T.81 (JPEG); markers are in its Annex B, the standard tables in Annex K.
package mjpeg
