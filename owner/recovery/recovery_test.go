package recovery

import (
	"strings"
	"testing"
	"time"

	"signet/certs"
)

func owner(t testing.TB) *certs.Owner {
	t.Helper()
	o, err := certs.OwnerFromSeed([32]byte{1, 2, 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestThereAndBack(t *testing.T) {
	o := owner(t)
	words, err := Words(o)
	if err != nil || len(words) != WordCount {
		t.Fatalf("%d words, %v", len(words), err)
	}
	for name, text := range map[string]string{
		"file":  string(File(o, time.Now())),
		"line":  certs.SeedText(o.Seed()) + "\n",
		"words": strings.ToUpper(strings.Join(words, " \n  ")),
	} {
		if seed, err := Parse([]byte(text)); err != nil || seed != o.Seed() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The words of 32 zero bytes and of 32 bytes 0x7f stand in BIP 39's own vectors.
func TestWordsOfOthers(t *testing.T) {
	for words, want := range map[string]byte{
		strings.Repeat("abandon ", 23) + "art": 0,
		strings.Repeat("legal winner thank year wave sausage worth useful ", 2) + "legal winner thank year wave sausage worth title": 0x7f,
	} {
		seed, err := Parse([]byte(words))
		if err != nil || seed[0] != want || seed[31] != want {
			t.Errorf("%.20s...: %x, %v", words, seed, err)
		}
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	words, err := Words(owner(t))
	if err != nil {
		t.Fatal(err)
	}
	changed := func(f func(w []string)) string {
		w := append([]string(nil), words...)
		f(w)
		return strings.Join(w, " ")
	}
	for text, want := range map[string]string{
		"":                            "0 words, not 24",
		strings.Join(words[:23], " "): "23 words, not 24",
		changed(func(w []string) { w[4] = "camra" }):          `word 5, "camra"`,
		changed(func(w []string) { w[0], w[1] = w[1], w[0] }): "do not fit together",
		certs.SeedText(owner(t).Seed())[:40]:                  "seed",
		strings.Repeat("x", MaxFile+1):                        "more than",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), words[7]) {
			t.Errorf("%.30q: the error tells a word of the seed: %v", text, err)
		}
	}
}

// The page's WebCrypto made these digits of the same card.
func TestJoinDigitsAreThePages(t *testing.T) {
	if d, err := JoinDigits(&certs.JoinCard{Key: [32]byte{9}}); err != nil || d != "770555" {
		t.Errorf("%q, %v", d, err)
	}
	if d, err := AnswerDigits(&certs.JoinCard{Key: [32]byte{9}}, certs.OwnerID{7}); err != nil || d != "910566" {
		t.Errorf("%q, %v", d, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("abandon abandon"))
	f.Add(File(owner(f), time.Unix(0, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		seed, err := Parse(b)
		if err != nil {
			return
		}
		o, err := certs.OwnerFromSeed(seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(File(o, time.Now()))
		if err != nil || again != seed {
			t.Errorf("%x is written and read as %x, %v", seed, again, err)
		}
	})
}
