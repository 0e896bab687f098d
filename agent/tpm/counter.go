package tpm

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// index is the NV index of the counter, in the range that is the owner's (TCG registry of reserved handles, section 2.2).
const index = tpm2.TPMHandle(0x01815367)

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
	if errors.Is(err, tpm2.TPMRCHandle) {
		if err = c.define(); err == nil {
			_, err = c.read()
		}
	}
	if errors.Is(err, tpm2.TPMRCNVUninitialized) { // the power went between defining and the first step
		err = c.increment()
	}
	if err != nil {
		return nil, fmt.Errorf("open counter in TPM: %w", err)
	}
	return c, nil
}

func (c *Counter) define() error {
	_, err := tpm2.NVDefineSpace{
		AuthHandle: tpm2.TPMRHOwner,
		PublicInfo: tpm2.New2B(tpm2.TPMSNVPublic{
			NVIndex: index,
			NameAlg: tpm2.TPMAlgSHA256,
			Attributes: tpm2.TPMANV{
				NT:        tpm2.TPMNTCounter,
				OwnerRead: true, OwnerWrite: true, AuthRead: true, AuthWrite: true, NoDA: true,
			},
			DataSize: 8,
		}),
	}.Execute(c.tpm.tpm)
	return err
}

// public returns how the index is named to the TPM: by its contents' rules, which no one can change unnoticed.
func (c *Counter) public() (tpm2.NamedHandle, error) {
	rsp, err := tpm2.NVReadPublic{NVIndex: index}.Execute(c.tpm.tpm)
	if err != nil {
		return tpm2.NamedHandle{}, err
	}
	p, err := rsp.NVPublic.Contents()
	if err != nil {
		return tpm2.NamedHandle{}, err
	}
	if p.Attributes.NT != tpm2.TPMNTCounter || p.DataSize != 8 {
		return tpm2.NamedHandle{}, fmt.Errorf("NV index %#x is somebody else's", uint32(index))
	}
	return tpm2.NamedHandle{Handle: index, Name: rsp.NVName}, nil
}

func (c *Counter) read() (uint64, error) {
	nv, err := c.public()
	if err != nil {
		return 0, err
	}
	rsp, err := tpm2.NVRead{AuthHandle: nv, NVIndex: nv, Size: 8}.Execute(c.tpm.tpm)
	if err != nil {
		return 0, err
	}
	if len(rsp.Data.Buffer) != 8 {
		return 0, fmt.Errorf("counter of %d bytes", len(rsp.Data.Buffer))
	}
	return binary.BigEndian.Uint64(rsp.Data.Buffer), nil
}

func (c *Counter) increment() error {
	nv, err := c.public()
	if err != nil {
		return err
	}
	_, err = tpm2.NVIncrement{AuthHandle: nv, NVIndex: nv}.Execute(c.tpm.tpm)
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
