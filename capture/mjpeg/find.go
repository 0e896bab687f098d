package mjpeg

import "bytes"

// mostTries bounds how many beginnings of images Find looks at in one buffer, and with it its time.
const mostTries = 8

// Find returns the first whole image in b, a buffer as a driver filled it, and its header; Header.Scan counts
// from the start of img, which is a part of b. What stands around it does not matter: padding or another image
// behind it, before it an image that broke off or the rest of one. A picture embedded in an image (a thumbnail
// in APP1) is never taken for it, even when the outer one is broken.
//
// Whole means what it means to [Check]: whether the entropy-coded data make a picture of that size is for
// capture/luma to say. If no image is whole, the error is that of the first one, wrapping ErrTorn, ErrTooLarge
// or, where b holds none at all, ErrNotJPEG.
func Find(b []byte) (img []byte, h Header, err error) {
	at := bytes.Index(b, soi)
	if at < 0 {
		return nil, h, ErrNotJPEG
	}
	for try := 0; try < mostTries && at < len(b); try++ {
		h, n, failed := Check(b[at:])
		if failed == nil {
			return b[at:][:n:n], h, nil
		}
		if err == nil {
			err = failed
		}
		at += next(b[at:])
	}
	return nil, Header{}, err
}

// next returns where in b, behind the broken image at its start, another image begins: len(b) if none does.
func next(b []byte) int {
	for at := 2; ; {
		s, err := NextSegment(b, at)
		switch {
		case err == nil && s.Marker == SOI:
			return at
		case err == nil && embeds(s.Marker): // what begins in there is a thumbnail
			at = s.Next
			continue
		case err != nil && at+1 < len(b) && b[at] == 0xFF && embeds(b[at+1]):
			return len(b)
		}
		within := b[at:] // a segment that broke off may have swallowed the next image
		if err == nil && s.Marker != SOS {
			within = b[at:s.Next]
		}
		if i := bytes.Index(within, soi); i >= 0 {
			return at + i
		}
		if len(within) == len(b)-at {
			return len(b)
		}
		at = s.Next
	}
}

// embeds says whether a segment may hold an image: an application's, or a comment.
func embeds(marker byte) bool { return APP0 <= marker && marker <= APP0+15 || marker == com }
