package certs_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew, with fresh keys and signatures")

const vectorFile = "testdata/vectors.json"

// vector is one entry of testdata/vectors.json; testdata/README.md describes it.
type vector struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Valid     bool   `json:"valid"`
	Why       string `json:"why,omitempty"`
	Owner     string `json:"owner,omitempty"`
	Event     string `json:"event,omitempty"`
	Root      string `json:"root,omitempty"`
	Fleet     string `json:"fleet,omitempty"`
	Identity  string `json:"identity,omitempty"`
	Secret    string `json:"secret,omitempty"`
	Statement string `json:"statement"`
	Fields    fields `json:"fields,omitempty"`
}

// fields are what a statement says, as JSON has it: bytes in hexadecimal, counters as decimal strings (they go to
// 2^64-1), times and sizes as numbers.
type fields map[string]any

func (v *vector) bytes(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return b
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	kinds := map[string]int{}
	seen := map[string]bool{}
	for _, v := range readVectors(t) {
		t.Run(strings.ReplaceAll(v.Kind+"/"+v.Name, " ", "-"), func(t *testing.T) {
			if seen[v.Kind+v.Name] {
				t.Error("the name stands twice")
			}
			seen[v.Kind+v.Name] = true
			got, err := v.judge(t)
			switch {
			case v.Valid && err != nil:
				t.Fatalf("refused: %v", err)
			case !v.Valid && err == nil:
				t.Fatalf("accepted, though %s", v.Why)
			case !v.Valid && v.Why == "":
				t.Fatal("does not say why it is invalid")
			case v.Valid:
				kinds[v.Kind]++
				if a, b := canonical(t, got), canonical(t, v.Fields); a != b {
					t.Errorf("fields:\n got %s\nwant %s", a, b)
				}
			}
		})
	}
	for kind := range judges {
		if kinds[kind] < 2 {
			t.Errorf("%s: %d valid vectors, want 2 or more", kind, kinds[kind])
		}
	}
}

func canonical(t testing.TB, f fields) string {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// judge verifies a vector with all that the package has to say about its kind.
func (v *vector) judge(t testing.TB) (fields, error) {
	t.Helper()
	j := judges[v.Kind]
	if j == nil {
		t.Fatalf("unknown kind %q", v.Kind)
	}
	return j(t, v, v.bytes(t, v.Statement))
}
