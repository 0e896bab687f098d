// Package explain draws how the motion detector saw a frame, for people who want to know why it fired or did not: the
// frame with what was found, what the model remembers, what is different, how much may be different, and how far each cell
// came. Nothing of it runs unless somebody asks for it.
package explain
