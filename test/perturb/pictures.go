package perturb

import (
	"hash/maphash"
	"sync"

	"signet/capture/luma"
	"signet/capture/mjpeg"
)

// Pictures remembers decoded JPEGs, for streams that show the same ones over and over: the generated room
// has eight stills, a loop some dozens. Several cameras may share one, concurrently. The zero Pictures is
// ready.
type Pictures struct {
	mu    sync.Mutex
	seed  maphash.Seed
	known map[uint64]*Picture
}

// remembered is how many there are at most: of 640x480 pixels 90 MB.
const remembered = 200

// get returns the picture of a JPEG, which is to be left as it is.
func (s *Pictures) get(d *decoder, img []byte) (*Picture, error) {
	s.mu.Lock()
	if s.known == nil {
		s.seed, s.known = maphash.MakeSeed(), map[uint64]*Picture{}
	}
	key := maphash.Bytes(s.seed, img)
	p := s.known[key]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p = new(Picture)
	if err := d.decode(p, img); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) < remembered {
		s.known[key] = p
	}
	return p, nil
}

// decoder makes Pictures of JPEGs of any size and subsampling.
type decoder struct {
	luma  luma.Decoder
	small luma.Picture
}

func (d *decoder) decode(p *Picture, img []byte) error {
	if err := d.luma.Small(&d.small, img, mjpeg.MaxSide); err != nil {
		return err
	}
	p.set(&d.small)
	return nil
}
