// Package footage is what a virtual camera sees: recordings, held in memory whole and cut into pictures
// without copying.
package footage
