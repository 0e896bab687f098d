package tpm

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// index is the NV index of the counter, in the range that is the owner's (TCG registry of reserved handles, section 2.2).
const index = handle(0x01815367)

// maxSteps bounds how far one Raise goes: each step is a write to the TPM's own memory, of which there are some 100,000 in a
// TPM's life.
const maxSteps = 64

// Counter is a count of ownerships in the TPM. Its first value is the TPM's choice, not 0: a counter that is defined anew goes
// on above every counter that the TPM ever had.
type Counter struct {
	tpm *TPM
}

// Counter returns the camera's counter, which is made the first time.
func (t *TPM) Counter() (*Counter, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &Counter{t}
	_, err := c.read()
	if errors.Is(err, errNoHandle) {
		if err = c.define(); err == nil {
			_, err = c.read()
		}
	}
	if errors.Is(err, errUninitialised) { // the power went between defining and the first step
		err = c.increment()
	}
	if err != nil {
		return nil, fmt.Errorf("open counter in TPM: %w", err)
	}
	return c, nil
}

// public is the index's TPMS_NV_PUBLIC up to its attributes, and what follows them: no policy, eight bytes.
const (
	nvCounter  = 1 << 4  // TPM_NT_COUNTER
	nvRights   = 0x60006 // OWNERWRITE, AUTHWRITE, OWNERREAD, AUTHREAD
	nvNoDA     = 1 << 25
	nvWritten  = 1 << 29 // set by the TPM
	nvDataSize = 8
)

func (c *Counter) define() error {
	var public, w writer
	public.u32(uint32(index))
	public.u16(algSHA256)
	public.u32(nvCounter | nvRights | nvNoDA)
	public.u16(0)
	public.u16(nvDataSize)
	w.u16(0) // no password
	w.sized(public)
	_, _, err := c.tpm.run(ccNVDefineSpace, 1, []handle{rhOwner}, w, 0)
	return err
}

// check says whether the index is a counter as define makes it.
func (c *Counter) check() error {
	_, r, err := c.tpm.run(ccNVReadPublic, 0, []handle{index}, nil, 0)
	if err != nil {
		return err
	}
	p := &reader{b: r.sized()}
	at, alg, attributes := p.u32(), p.u16(), p.u32()
	if policy, size := p.sized(), p.u16(); p.bad || at != uint32(index) || alg != algSHA256 || attributes&^nvWritten != nvCounter|nvRights|nvNoDA || len(policy) > 0 || size != nvDataSize {
		return fmt.Errorf("NV index %#x is somebody else's", uint32(index))
	}
	return nil
}

func (c *Counter) read() (uint64, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	return c.value()
}

func (c *Counter) value() (uint64, error) {
	var w writer
	w.u16(nvDataSize)
	w.u16(0) // from its first byte
	_, r, err := c.tpm.run(ccNVRead, 1, []handle{index, index}, w, 0)
	if err != nil {
		return 0, err
	}
	b := r.sized()
	if len(b) != nvDataSize {
		return 0, fmt.Errorf("counter of %d bytes", len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

func (c *Counter) increment() error {
	_, _, err := c.tpm.run(ccNVIncrement, 1, []handle{index, index}, nil, 0)
	return err
}

// Read returns the count.
func (c *Counter) Read() (uint64, error) {
	c.tpm.mu.Lock()
	defer c.tpm.mu.Unlock()
	n, err := c.read()
	if err != nil {
		return 0, fmt.Errorf("read counter in TPM: %w", err)
	}
	return n, nil
}

// Raise counts up to n, step by step, if the count is lower. It goes at most 64 steps at once: a camera whose TPM was exchanged
// comes to its count over several ownerships, and its file and its cloud's ledger know better meanwhile.
func (c *Counter) Raise(n uint64) error {
	c.tpm.mu.Lock()
	defer c.tpm.mu.Unlock()
	at, err := c.read()
	for steps := 0; err == nil && at < n && steps < maxSteps; steps++ {
		if err = c.increment(); err == nil {
			at, err = c.read()
		}
	}
	if err != nil {
		return fmt.Errorf("raise counter in TPM: %w", err)
	}
	return nil
}
