// Package scene is the camera for a machine without one: a room drawn by the program, in which a person
// walks through now and then.
//
// Everything follows from the seed and the frame's number, so a test knows what happens when: [Walks] is
// the truth that a detector is measured against. The pictures say that they are generated, and so does
// capture.Info.
//
// To cost little on a small machine, the room is drawn once, the frames without a person are a handful of
// JPEGs with different noise sent in a random order, and only frames with a person are drawn and encoded
// when they are due.
package scene
