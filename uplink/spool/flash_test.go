package spool

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
)

// flash is a folder that can lose power. What was written but not synced may be there afterwards, in whole, in part,
// or not at all; so may names that were created, renamed or removed since the last sync of the folder.
type flash struct {
	mu       sync.Mutex
	names    map[string]*inode // as programs see them
	durable  map[string]*inode // as of the last sync
	since    []map[string]*inode
	ops      int   // that change something, so far
	powerOff int   // the op at which the power fails; 0: never
	capacity int   // bytes of all files; 0: no limit
	syncErr  error // of the next syncs of files
	written  int   // bytes
	pages    int   // of 4 KiB, that syncs wrote
}

type inode struct {
	data   []byte
	synced []byte
	dirty  map[int]bool // pages
}

var errPower = errors.New("power is off")

func newFlash() *flash {
	return &flash{names: map[string]*inode{}, durable: map[string]*inode{}}
}

// op counts one change. mu must be held.
func (d *flash) op() error {
	d.ops++
	if d.powerOff > 0 && d.ops >= d.powerOff {
		return errPower
	}
	return nil
}

func (d *flash) used() (n int) {
	for _, i := range d.names {
		n += len(i.data)
	}
	return n
}

// renamed notes a state of the names that may survive. mu must be held.
func (d *flash) renamed() { d.since = append(d.since, maps.Clone(d.names)) }

// crash returns the folder as it is found after a power cut. Where keep is nil, nothing unsynced is.
func (d *flash) crash(keep *rand.Rand) *flash {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := newFlash()
	n.capacity = d.capacity
	names := d.durable
	if keep != nil && len(d.since) > 0 {
		if i := keep.IntN(len(d.since) + 1); i > 0 {
			names = d.since[i-1]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		i := names[name]
		data := slices.Clone(i.synced)
		if keep != nil {
			data = mix(i.synced, i.data, keep)
		}
		n.names[name] = &inode{data: data, synced: slices.Clone(data), dirty: map[int]bool{}}
	}
	n.durable = maps.Clone(n.names)
	return n
}

// mix returns a file of which any part may be old or new, and any length in between.
func mix(old, new []byte, r *rand.Rand) []byte {
	short, long := min(len(old), len(new)), max(len(old), len(new))
	out := make([]byte, short+r.IntN(long-short+1))
	if r.IntN(3) == 0 {
		out = make([]byte, len(new))
	}
	grain := []int{1, 64, 512, 4096, 1 << 30}[r.IntN(5)]
	for at := 0; at < len(out); at += grain {
		src := new
		if r.IntN(2) == 0 {
			src = old
		}
		if at < len(src) {
			copy(out[at:min(len(out), at+grain)], src[at:])
		}
	}
	return out
}

func (d *flash) open(name string, create bool) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.names[name]
	if create {
		if i != nil {
			return nil, fs.ErrExist
		}
		if err := d.op(); err != nil {
			return nil, err
		}
		if d.capacity > 0 && d.used() >= d.capacity {
			return nil, syscall.ENOSPC
		}
		i = &inode{dirty: map[int]bool{}}
		d.names[name] = i
		d.renamed()
	}
	if i == nil {
		return nil, fs.ErrNotExist
	}
	return &flashFile{d, i}, nil
}

func (d *flash) rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op(); err != nil {
		return err
	}
	if d.names[from] == nil {
		return fs.ErrNotExist
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	d.renamed()
	return nil
}

func (d *flash) remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] == nil {
		return fs.ErrNotExist
	}
	if err := d.op(); err != nil {
		return err
	}
	delete(d.names, name)
	d.renamed()
	return nil
}

func (d *flash) list() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.names)), nil
}

func (d *flash) sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op(); err != nil {
		return err
	}
	d.durable, d.since = maps.Clone(d.names), nil
	d.pages++
	return nil
}

type flashFile struct {
	d *flash
	i *inode
}

func (f *flashFile) ReadAt(p []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if off >= int64(len(f.i.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.i.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *flashFile) WriteAt(p []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.op(); err != nil {
		return 0, err
	}
	end := int(off) + len(p)
	if grow := end - len(f.i.data); grow > 0 {
		if room := f.d.capacity - f.d.used(); f.d.capacity > 0 && room < grow {
			// As on Linux, what fits is written.
			end = min(end, len(f.i.data)+max(room, 0))
			p = p[:max(0, end-int(off))]
			if end > len(f.i.data) {
				f.i.data = append(f.i.data, make([]byte, end-len(f.i.data))...)
			}
			n := copy(f.i.data[min(int(off), len(f.i.data)):], p)
			f.d.written += n
			f.dirty(int(off), int(off)+n)
			return n, syscall.ENOSPC
		}
		f.i.data = append(f.i.data, make([]byte, grow)...)
	}
	copy(f.i.data[off:], p)
	f.d.written += len(p)
	f.dirty(int(off), end)
	return len(p), nil
}

func (f *flashFile) dirty(from, to int) {
	for page := from / 4096; page*4096 < to; page++ {
		f.i.dirty[page] = true
	}
}

func (f *flashFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.op(); err != nil {
		return err
	}
	f.i.data = f.i.data[:min(int(size), len(f.i.data))]
	return nil
}

func (f *flashFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.op(); err != nil {
		return err
	}
	i := f.i
	defer clear(i.dirty)
	if f.d.syncErr != nil {
		return f.d.syncErr // as on Linux, the next sync succeeds and does not write these pages
	}
	i.synced = i.synced[:min(len(i.synced), len(i.data))]
	i.synced = append(i.synced, make([]byte, len(i.data)-len(i.synced))...)
	for page := range i.dirty {
		if at := page * 4096; at < len(i.data) {
			copy(i.synced[at:min(at+4096, len(i.data))], i.data[at:])
		}
	}
	f.d.pages += len(i.dirty)
	return nil
}

func (f *flashFile) Close() error { return nil }

func (f *flashFile) size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.i.data)), nil
}
