package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
)

// Vectors made by others, which are not in this tree: C2SP/wycheproof and cose-wg/Examples. SIGNET_VECTORS names the
// folder that holds both.

func vectorsOfOthers(t *testing.T, path ...string) string {
	t.Helper()
	dir := os.Getenv("SIGNET_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "vectors")
	}
	p := filepath.Join(append([]string{dir}, path...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("no vectors there (SIGNET_VECTORS): %v", err)
	}
	return p
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(path, err)
	}
}

// wycheproof says what becomes of the signatures under each of Wycheproof's flags.
var wycheproof = map[string]struct {
	taken int
	highS int // valid ECDSA, refused on purpose: of (r, s) and (r, n-s) one is taken, or anybody could make other bytes of the same statement
	wrong int // not valid ECDSA
}{
	"ArithmeticError":              {taken: 56, highS: 28, wrong: 26},
	"EdgeCasePublicKey":            {taken: 11, highS: 13},
	"EdgeCaseShamirMultiplication": {taken: 1},
	"IntegerOverflow":              {wrong: 4},  // r or s changed so that it comes back where 256 bits overflow
	"InvalidSignature":             {wrong: 49}, // r or s is 0, n, p, ...
	"ModifiedInteger":              {wrong: 1},
	"ModularInverse":               {taken: 15},
	"PointDuplication":             {highS: 1, wrong: 6},
	"RangeCheck":                   {wrong: 4},  // r or s is 0 to n - 1 but for a multiple of n
	"SignatureSize":                {wrong: 12}, // good numbers in fewer than 64 bytes: one signature has one encoding
	"SmallRandS":                   {taken: 8, wrong: 8},
	"SpecialCaseHash":              {taken: 31, highS: 23},
	"ValidSignature":               {taken: 4, highS: 5},
}

// TestWycheproof verifies signatures with what statements are verified with: the rule about s, then go-cose. A valid
// signature with s > n/2 is refused on purpose, and is taken once a signer's makeLowS went over it.
func TestWycheproof(t *testing.T) {
	var file struct {
		NumberOfTests int
		Notes         map[string]any
		TestGroups    []struct {
			PublicKeyDer string
			Tests        []struct {
				TcID            int
				Comment, Result string
				Msg, Sig        string
				Flags           []string
			}
		}
	}
	readJSON(t, vectorsOfOthers(t, "wycheproof", "ecdsa_secp256r1_sha256_p1363_test.json"), &file)
	n, got := 0, maps.Clone(wycheproof)
	clear(got)
	for _, g := range file.TestGroups {
		key, _, err := ParseSPKI(unhex(t, g.PublicKeyDer))
		if err != nil {
			t.Fatal(err)
		}
		v, err := cose.NewVerifier(cose.AlgorithmES256, key)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range g.Tests {
			n++
			msg, sig := unhex(t, c.Msg), unhex(t, c.Sig)
			taken := lowS(sig) && v.Verify(msg, sig) == nil
			want := c.Result == "valid"
			high := want && !lowS(sig)
			if high {
				want = false
				if low := makeLowS(sig); !lowS(low) || v.Verify(msg, low) != nil {
					t.Errorf("%d %s: the low signature is not the same signature", c.TcID, c.Comment)
				}
			}
			if taken != want {
				t.Errorf("%d %s (%s): taken is %v", c.TcID, c.Comment, c.Result, taken)
			}
			for _, f := range c.Flags {
				e := got[f]
				switch {
				case taken:
					e.taken++
				case high:
					e.highS++
				default:
					e.wrong++
				}
				got[f] = e
			}
			if c.Result != "valid" && v.Verify(msg, makeLowS(sig)) == nil {
				t.Errorf("%d %s (%s): taken after makeLowS", c.TcID, c.Comment, c.Result)
			}
		}
	}
	if n != file.NumberOfTests || n != 262 || len(file.Notes) != len(wycheproof) {
		t.Errorf("ran %d of %d, under %d flags", n, file.NumberOfTests, len(file.Notes))
	}
	if !maps.Equal(got, wycheproof) {
		t.Errorf("got  %+v\nwant %+v", got, wycheproof)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// coseExamples says of every example of the COSE working group what becomes of it here. None is a statement of ours
// as it stands: their examples name the key in the unprotected header, which has no protection. bare is what split
// says once that header, which is not signed, is emptied; verifies is what the signature is worth by itself.
var coseExamples = map[string]struct {
	refused  string // as it stands
	bare     string // with the unprotected header emptied; nothing: taken
	verifies bool
}{
	"sign1-tests/sign-pass-01.json":    {"unprotected header is not empty", "protected header", false},            // the algorithm stands unprotected: anybody may change it
	"sign1-tests/sign-pass-02.json":    {"unprotected header is not empty", "", true},                             // with external data
	"sign1-tests/sign-pass-03.json":    {"not a tagged COSE_Sign1", "", true},                                     // what is not tagged could be another message
	"sign1-tests/sign-fail-01.json":    {"not a tagged COSE_Sign1", "", true},                                     // only the tag is wrong
	"sign1-tests/sign-fail-02.json":    {"unprotected header is not empty", "", false},                            // payload changed
	"sign1-tests/sign-fail-03.json":    {"unprotected header is not empty", "algorithm -999 is not ES256", false}, // algorithm -999
	"sign1-tests/sign-fail-04.json":    {"unprotected header is not empty", "protected header", false},            // algorithm "unknown"
	"sign1-tests/sign-fail-06.json":    {"unprotected header is not empty", "protected header", false},            // header parameter added
	"sign1-tests/sign-fail-07.json":    {"unprotected header is not empty", "s <= n/2", false},                    // header parameter removed
	"ecdsa-examples/ecdsa-sig-01.json": {"unprotected header is not empty", "protected header", true},             // content type: not a parameter of ours
	"ecdsa-examples/ecdsa-sig-02.json": {"unprotected header is not empty", "algorithm -35 is not ES256", false},  // ES384 with P-384
	"ecdsa-examples/ecdsa-sig-03.json": {"unprotected header is not empty", "algorithm -36 is not ES256", false},  // ES512 with P-521
	"ecdsa-examples/ecdsa-sig-04.json": {"unprotected header is not empty", "algorithm -36 is not ES256", false},  // ES512 with P-256
}

func TestCOSEWorkingGroup(t *testing.T) {
	dir := vectorsOfOthers(t, "cose-wg")
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(paths) != len(coseExamples) {
		t.Errorf("%d examples are there, %d are known (%v)", len(paths), len(coseExamples), err)
	}
	for _, path := range paths {
		name, _ := filepath.Rel(dir, path)
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			want, known := coseExamples[filepath.ToSlash(name)]
			if !known {
				t.Fatal("not known")
			}
			var file struct {
				Input struct {
					Sign0 struct {
						Key      struct{ Crv, X, Y string }
						External string
					}
				}
				Output struct{ CBOR string }
			}
			readJSON(t, path, &file)
			b := unhex(t, file.Output.CBOR)
			if _, err := split(b, maxStatement); err == nil || !strings.Contains(err.Error(), want.refused) {
				t.Errorf("as it stands: %v, want %q", err, want.refused)
			}
			bare := emptied(t, b)
			_, err := split(bare, maxStatement)
			if want.bare == "" && err != nil || want.bare != "" && (err == nil || !strings.Contains(err.Error(), want.bare)) {
				t.Errorf("unprotected header emptied: %v, want %q", err, want.bare)
			}
			if k := file.Input.Sign0.Key; k.Crv == "P-256" {
				var s statement
				if err := s.msg.UnmarshalCBOR(bare[1:]); err != nil {
					t.Fatal(err)
				}
				err := s.verify(purpose(unhex(t, file.Input.Sign0.External)), jwk(t, k.X, k.Y))
				if (err == nil) != want.verifies {
					t.Errorf("signature: %v, want it to verify: %v", err, want.verifies)
				}
			}
		})
	}
}

// emptied returns a COSE_Sign1 with tag 18 and an empty unprotected header, whatever it had.
func emptied(t *testing.T, b []byte) []byte {
	t.Helper()
	i := bytes.IndexByte(b, 0x84) // an array of four; tags before it have no such byte
	var p struct {
		_           struct{} `cbor:",toarray"`
		Protected   []byte
		Unprotected map[any]any
		Payload     []byte
		Signature   []byte
	}
	if err := cbor.Unmarshal(b[i:], &p); err != nil {
		t.Fatal(err)
	}
	out, err := encode(signedParts{Protected: p.Protected, Unprotected: map[int64]cbor.RawMessage{}, Payload: p.Payload, Signature: p.Signature})
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{tagSign1}, out...)
}

func jwk(t *testing.T, x, y string) *ecdsa.PublicKey {
	t.Helper()
	point := []byte{4}
	for _, s := range []string{x, y} {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
