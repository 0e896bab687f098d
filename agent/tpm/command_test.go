package tpm

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpmutil"
)

// recorded keeps what is sent and answers with an error.
type recorded struct{ sent []byte }

func (r *recorded) Send(b []byte) ([]byte, error) {
	r.sent = bytes.Clone(b)
	return nil, errors.New("recorded")
}

func (r *recorded) Write(b []byte) (int, error) { r.sent = bytes.Clone(b); return len(b), nil }
func (r *recorded) Read([]byte) (int, error)    { return 0, errors.New("recorded") }
func (r *recorded) Close() error                { return nil }

var _ transport.TPM = (*recorded)(nil)

// Our commands are, byte for byte, those of go-tpm's package tpm2.
func TestCommandsAreThoseOfTheLibrary(t *testing.T) {
	digest := bytes.Repeat([]byte{7}, 32)
	public := template(keyArea(), bytes.Repeat([]byte{5}, 32))
	private := []byte("wrapped")
	parent := tpm2.NamedHandle{Handle: tpm2.TPMHandle(storage)}
	key := tpm2.TPMTPublic{
		Type: tpm2.TPMAlgECC, NameAlg: tpm2.TPMAlgSHA256,
		ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true, UserWithAuth: true, NoDA: true, SignEncrypt: true},
		Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
			CurveID: tpm2.TPMECCNistP256,
			Scheme:  tpm2.TPMTECCScheme{Scheme: tpm2.TPMAlgECDSA, Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSigSchemeECDSA{HashAlg: tpm2.TPMAlgSHA256})},
		}),
	}
	nv := tpm2.NamedHandle{Handle: tpm2.TPMHandle(index)}
	signer := &signer{wrapped: wrapped{Public: public, Private: private}}
	for name, c := range map[string]struct {
		theirs func(tpm transport.TPM) error
		ours   func(t *TPM) error
	}{
		"ReadPublic": {
			func(x transport.TPM) error {
				_, err := tpm2.ReadPublic{ObjectHandle: parent.Handle}.Execute(x)
				return err
			},
			func(t *TPM) error { return t.openStorage() },
		},
		"CreatePrimary": {
			func(x transport.TPM) error {
				_, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(x)
				return err
			},
			func(t *TPM) error { return t.makeStorage() },
		},
		"Create": {
			func(x transport.TPM) error {
				_, err := tpm2.Create{ParentHandle: parent, InPublic: tpm2.New2B(key)}.Execute(x)
				return err
			},
			func(t *TPM) error { _, err := t.Keys("").create(); return err },
		},
		"Load": {
			func(x transport.TPM) error {
				_, err := tpm2.Load{ParentHandle: parent, InPrivate: tpm2.TPM2BPrivate{Buffer: private}, InPublic: tpm2.BytesAs2B[tpm2.TPMTPublic](public)}.Execute(x)
				return err
			},
			func(t *TPM) error { signer.tpm = t; return signer.try() },
		},
		"Sign": {
			func(x transport.TPM) error {
				_, err := tpm2.Sign{
					KeyHandle: tpm2.NamedHandle{Handle: 0x80000001}, Digest: tpm2.TPM2BDigest{Buffer: digest},
					InScheme:   tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgECDSA, Details: tpm2.NewTPMUSigScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSchemeHash{HashAlg: tpm2.TPMAlgSHA256})},
					Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck, Hierarchy: tpm2.TPMRHNull},
				}.Execute(x)
				return err
			},
			func(t *TPM) error { signer.tpm = t; _, err := signer.signWith(0x80000001, digest); return err },
		},
		"FlushContext": {
			func(x transport.TPM) error {
				_, err := tpm2.FlushContext{FlushHandle: tpm2.TPMHandle(0x80000001)}.Execute(x)
				return err
			},
			func(t *TPM) error { return t.flush(0x80000001) },
		},
		"NV_DefineSpace": {
			func(x transport.TPM) error {
				_, err := tpm2.NVDefineSpace{AuthHandle: tpm2.TPMRHOwner, PublicInfo: tpm2.New2B(tpm2.TPMSNVPublic{
					NVIndex: tpm2.TPMHandle(index), NameAlg: tpm2.TPMAlgSHA256, DataSize: 8,
					Attributes: tpm2.TPMANV{NT: tpm2.TPMNTCounter, OwnerRead: true, OwnerWrite: true, AuthRead: true, AuthWrite: true, NoDA: true},
				})}.Execute(x)
				return err
			},
			func(t *TPM) error { return (&Counter{t}).define() },
		},
		"NV_Increment": {
			func(x transport.TPM) error {
				_, err := tpm2.NVIncrement{AuthHandle: nv, NVIndex: nv}.Execute(x)
				return err
			},
			func(t *TPM) error { return (&Counter{t}).increment() },
		},
		"NV_Read": {
			func(x transport.TPM) error {
				_, err := tpm2.NVRead{AuthHandle: nv, NVIndex: nv, Size: 8}.Execute(x)
				return err
			},
			func(t *TPM) error { _, err := (&Counter{t}).value(); return err },
		},
		"NV_ReadPublic": {
			func(x transport.TPM) error { _, err := tpm2.NVReadPublic{NVIndex: nv.Handle}.Execute(x); return err },
			func(t *TPM) error { return (&Counter{t}).check() },
		},
		"EvictControl": {
			func(x transport.TPM) error {
				_, err := tpm2.EvictControl{Auth: tpm2.TPMRHOwner, ObjectHandle: &tpm2.NamedHandle{Handle: 0x80000001}, PersistentHandle: tpm2.TPMHandle(storage)}.Execute(x)
				return err
			},
			func(t *TPM) error { return t.persist(0x80000001) },
		},
	} {
		var theirs, ours recorded
		if err := c.theirs(&theirs); err == nil {
			t.Fatalf("%s: an answer", name)
		}
		if err := c.ours(&TPM{rw: &ours}); err == nil {
			t.Fatalf("%s: an answer", name)
		}
		if !bytes.Equal(ours.sent, theirs.sent) || len(ours.sent) == 0 {
			t.Errorf("%s:\n%x is sent, by the library\n%x", name, ours.sent, theirs.sent)
		}
	}
}

func TestResponseCodes(t *testing.T) {
	for rc, want := range map[uint32]error{
		0: nil, 0x18B: errNoHandle, 0x28B: errNoHandle, 0x1CB: errNoHandle, 0x14A: errUninitialised, 0x101: failure(0x101), 0x184: failure(0x184),
	} {
		if got := errorOf(tpmutil.ResponseCode(rc)); !errors.Is(got, want) {
			t.Errorf("%#x is %v, want %v", rc, got, want)
		}
	}
}

// answers is a TPM that answers with bytes.
type answers struct{ b []byte }

func (a *answers) Write(b []byte) (int, error) { return len(b), nil }
func (a *answers) Read(b []byte) (int, error)  { return copy(b, a.b), nil }
func (a *answers) Close() error                { return nil }

// Attacker: somebody on the bus between processor and TPM, or a broken chip.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("\x80\x02\x00\x00\x00\x0e\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x80\x01\x00\x00\x00\x0a\x00\x00\x01\x8b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 10 && b[6] == 0 && b[7] == 0 && b[8] == 9 && b[9] == 0x22 {
			return // TPM_RC_RETRY: the library waits and asks again
		}
		x := &TPM{rw: &answers{b}}
		_ = x.openStorage()
		_ = x.makeStorage()
		_, _ = (&Counter{x}).read()
		if w, err := x.Keys("").create(); err == nil {
			if s, err := x.Keys("").signer(w); err == nil {
				_, _ = s.sign(make([]byte, 32))
			}
		}
	})
}
