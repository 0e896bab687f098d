package tpm

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpmutil"
)

// The commands of TPM 2.0 that a camera needs, put together here (TPM 2.0 Library, part 3; constants: part 2). Package tpm2 of
// go-tpm knows them all, by reflection, and takes 390 KB of a stripped ARM program for that; a test holds ours against it.
const (
	ccEvictControl  tpmutil.Command = 0x120
	ccNVDefineSpace tpmutil.Command = 0x12A
	ccCreatePrimary tpmutil.Command = 0x131
	ccNVIncrement   tpmutil.Command = 0x134
	ccNVRead        tpmutil.Command = 0x14E
	ccCreate        tpmutil.Command = 0x153
	ccLoad          tpmutil.Command = 0x157
	ccSign          tpmutil.Command = 0x15D
	ccFlushContext  tpmutil.Command = 0x165
	ccNVReadPublic  tpmutil.Command = 0x169
	ccReadPublic    tpmutil.Command = 0x173
)

// Constants of part 2.
const (
	stNoSessions = tpmutil.Tag(0x8001)
	stSessions   = tpmutil.Tag(0x8002)
	stHashCheck  = 0x8024

	rhOwner = handle(0x40000001)
	rhNull  = 0x40000007
	rsPW    = 0x40000009 // "session" of a password, here the empty one

	algSHA256 = 0x000B
	algECDSA  = 0x0018
)

// handle names an object, an NV index or a hierarchy.
type handle uint32

// Errors that are told apart.
var (
	errNoHandle      = errors.New("there is nothing at this handle")
	errUninitialised = errors.New("the counter was never raised")
)

// failure is a response code that is not told apart.
type failure tpmutil.ResponseCode

func (f failure) Error() string { return fmt.Sprintf("the TPM answers %#03x", uint32(f)) }

func errorOf(rc tpmutil.ResponseCode) error {
	const (
		format1       = 0x080
		number        = 0x0BF // of format 1, without the parameter's or handle's number
		handleInvalid = 0x08B
		uninitialised = 0x14A
	)
	switch {
	case rc == tpmutil.RCSuccess:
		return nil
	case rc&format1 != 0 && rc&number == handleInvalid:
		return errNoHandle
	case rc == uninitialised:
		return errUninitialised
	}
	return failure(rc)
}

// run carries out a command. Where there are authorised handles, they come first among all, and each is authorised by the empty
// password. It returns what the response has after the handles, of which there are answers.
func (t *TPM) run(cc tpmutil.Command, authorised int, handles []handle, parameters writer, answers int) ([]handle, *reader, error) {
	var body writer
	for _, h := range handles {
		body.u32(uint32(h))
	}
	tag := stNoSessions
	if authorised > 0 {
		tag = stSessions
		const session = 9 // bytes: handle, no nonce, no attributes, no HMAC
		body.u32(uint32(authorised * session))
		for range authorised {
			body.u32(rsPW)
			body = append(body, 0, 0, 0, 0, 0)
		}
	}
	b, rc, err := tpmutil.RunCommand(t.rw, tag, cc, tpmutil.RawBytes(append(body, parameters...)))
	if err == nil {
		err = errorOf(rc)
	}
	if err != nil {
		return nil, nil, err
	}
	r := &reader{b: b}
	var out []handle
	for range answers {
		out = append(out, handle(r.u32()))
	}
	if authorised > 0 {
		r = &reader{b: r.take(int(r.u32())), bad: r.bad}
	}
	return out, r, r.err()
}

// writer puts parameters together, big-endian.
type writer []byte

func (w *writer) u16(v uint16)   { *w = binary.BigEndian.AppendUint16(*w, v) }
func (w *writer) u32(v uint32)   { *w = binary.BigEndian.AppendUint32(*w, v) }
func (w *writer) sized(b []byte) { w.u16(uint16(len(b))); *w = append(*w, b...) }

// reader takes a response apart. What is not there is zero, and bad says so.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) sized() []byte { return r.take(int(r.u16())) }

func (r *reader) err() error {
	if r.bad {
		return errors.New("the TPM's response is too short")
	}
	return nil
}
