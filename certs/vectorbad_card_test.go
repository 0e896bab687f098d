package certs_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strings"

	"signet/certs"
)

func base32Of(prefix string, b []byte) string {
	return prefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// badTexts spoils the text around a body, whatever is in it.
func (s *scene) badTexts(kind, prefix string, good body) (set func(name, why string, k uint64, v []byte)) {
	s.t.Helper()
	bad := func(name, why, text string) { s.t.Helper(); s.alone(kind, name, why, []byte(text)) }
	line, n := base32Of(prefix, good.encode()), len(prefix)
	s.alone(kind, "encoded by hand", "", []byte(line))
	bad("without prefix", "it begins with "+prefix, line[n:])
	bad("with another version's prefix", "it begins with "+prefix, strings.Replace(line, "1:", "2:", 1))
	bad("with another kind's prefix", "it begins with "+prefix, "SIGNETX1:"+line[n:])
	bad("with the prefix in lower case", "it begins with "+prefix, strings.ToLower(prefix)+line[n:])
	bad("in lower case", "base32 in upper case", prefix+strings.ToLower(line[n:]))
	bad("with padding", "base32 without padding", line+"=")
	bad("with a line end inside", "base32 without line ends", line[:n+10]+"\n"+line[n+10:])
	bad("with a space inside", "base32 without spaces", line[:n+10]+" "+line[n+10:])
	bad("with 0 and 1", "base32 has no 0 and 1", line[:n+10]+"01"+line[n+12:])
	bad("in base64url", "base32", prefix+base64.RawURLEncoding.EncodeToString(good.encode()))
	bad("in hexadecimal", "base32", prefix+hex.EncodeToString(good.encode()))
	bad("cut short", "the body is whole", line[:len(line)-8])
	bad("with bytes after it", "nothing follows", base32Of(prefix, append(good.encode(), 0)))
	bad("larger than any", "a code has at most 512 bytes, a card 1024", base32Of(prefix, append(good.encode(), make([]byte, 1100)...)))
	bad("of nothing", "the body is a map", prefix)
	bad("nothing", "it begins with "+prefix, "")
	set = func(name, why string, k uint64, v []byte) {
		s.t.Helper()
		b := maps.Clone(good)
		if b[k] = v; v == nil {
			delete(b, k)
		}
		bad(name, why, base32Of(prefix, b.encode()))
	}
	for k := range good {
		set("without key "+dec(k), "key "+dec(k)+" is missing", k, nil)
		if k != 0 {
			set("with key "+dec(k)+" null", "null stands nowhere", k, []byte{0xf6})
		}
	}
	set("with an unknown key", "a decoder refuses unknown keys", 23, uintOf(1))
	set("of format 2", "the format is 1", 0, uintOf(2))
	return set
}

// spareBits sets a bit of base32's last character that stands for nothing, where there is one.
func spareBits(text string) (string, bool) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	i := strings.IndexByte(alphabet, text[len(text)-1])
	if spare := len(text[strings.IndexByte(text, ':')+1:]) * 5 % 8; spare == 0 || i&1 != 0 {
		return "", false
	}
	return text[:len(text)-1] + alphabet[i+1:i+2], true
}

func (s *scene) badCards() {
	t := s.t
	set := s.badTexts("claim-code", "SIGNET1:", body{0: uintOf(1), 1: bstr(s.owner.ID[:]), 2: bstr(make([]byte, 16)), 3: uintOf(1772366400), 4: bstr(s.owner.Picture[:])})
	set("of an owner of 31 bytes", "an owner id has 32 bytes", 1, bstr(s.owner.ID[:31]))
	set("with a secret of 15 bytes", "a secret has 16 bytes", 2, bstr(make([]byte, 15)))
	set("beyond 9999", "times end with the year 9999", 3, uintOf(253402300800))
	set("of 2^64-1", "times end with the year 9999", 3, uintOf(math.MaxUint64))
	set("with a picture key of 33 bytes", "a key has 32 bytes", 4, bstr(make([]byte, 33)))
	set("with a recipient as text", "a picture key is bytes", 4, tstr(s.owner.Recipient))
	set("with no cloud, said so", "a cloud is left out or not empty", 5, tstr(""))
	set("with a cloud of 129 characters", "a cloud has 1 to 128 characters", 5, tstr(strings.Repeat("x", 129)))
	set("with a cloud with a line end", "a cloud is printable ASCII", 5, tstr("cloud.example\n:8883"))
	set("with a cloud in Greek", "a cloud is printable ASCII", 5, tstr("νέφος"))
	set("with a fleet of 32 bytes", "half a SHA-256 has 16 bytes", 6, bstr(make([]byte, 32)))
	set("with fleet null", "null stands nowhere", 6, []byte{0xf6})
	ssid, pass := bstr([]byte("home")), bstr([]byte("secret"))
	set("with Wi-Fi null", "null stands nowhere", 7, []byte{0xf6})
	set("with Wi-Fi without a name", "a name has 1 to 32 bytes", 7, list(bstr(nil), pass))
	set("with a Wi-Fi name of 33 bytes", "a name has 1 to 32 bytes", 7, list(bstr(make([]byte, 33)), pass))
	set("with a Wi-Fi passphrase of 64 bytes", "a passphrase has at most 63 bytes", 7, list(ssid, bstr(make([]byte, 64))))
	set("with a Wi-Fi passphrase null", "null stands nowhere", 7, list(ssid, []byte{0xf6}))
	set("with Wi-Fi of one", "Wi-Fi is a pair", 7, list(ssid))
	set("with Wi-Fi as text", "Wi-Fi is bytes", 7, list(tstr("home"), tstr("secret")))
	for name, k := range lowOrder {
		set("with a picture key of low order, "+name, "nothing can be sealed to a key of low order", 4, bstr(k))
	}
	if text, found := spareBits(ok(certs.NewClaimCode(s.owner, s.code.NotAfter).Text())(t)); found {
		s.alone("claim-code", "with a spare bit set", "base32's spare bits are 0", []byte(text))
	} else {
		t.Error("no spare bit")
	}

	set = s.badTexts("viewer-card", "SIGNETV1:", body{0: uintOf(1), 1: bstr(s.viewer.SPKI), 2: bstr(s.owner.Picture[:])})
	set("without a public key", "that is no public key", 1, bstr(nil))
	set("with a key id for a key", "that is no public key", 1, bstr(s.viewer.ID[:]))
	set("with a picture key of low order", "nothing can be sealed to a key of low order", 2, bstr(lowOrder["0"]))
	for name, v := range badWords {
		set("with a name "+name, badWordsWhy, 3, v)
	}
	set = s.badTexts("owner-card", "SIGNETO1:", body{0: uintOf(1), 1: bstr(s.owner.ID[:])})
	set("of an owner of 33 bytes", "an owner id has 32 bytes", 1, bstr(make([]byte, 33)))
	for name, v := range badWords {
		set("with a name "+name, badWordsWhy, 2, v)
	}
	set = s.badTexts("join-card", "SIGNETJ1:", body{0: uintOf(1), 1: bstr(s.owner.Picture[:])})
	set("with a key of 31 bytes", "a key has 32 bytes", 1, bstr(make([]byte, 31)))
	set("with a key of low order", "nothing can be sealed to a key of low order", 1, bstr(lowOrder["8"]))
	s.badSettings()
	s.badJoinAnswers()
}

const badWordsWhy = "words are left out or 1 to 256 bytes of UTF-8 without control characters"

var badWords = map[string][]byte{
	"that is empty": tstr(""), "of 257 bytes": tstr(strings.Repeat("x", 257)), "with a control character": tstr("\x1b[2J"),
	"not UTF-8": tstr("\xff"), "that is null": {0xf6}, "as bytes": bstr([]byte("Anna")),
}

func (s *scene) badSettings() {
	good := body{0: uintOf(1)}
	bad := func(name, why string, b []byte) { s.t.Helper(); s.alone("settings", name, why, b) }
	set := func(name, why string, k uint64, v []byte) {
		s.t.Helper()
		b := maps.Clone(good)
		b[k] = v
		bad(name, why, b.encode())
	}
	bad("no bytes", "settings are a map", nil)
	bad("without format", "the format is missing", pairs())
	bad("with bytes after them", "nothing follows", append(good.encode(), 0))
	set("of format 2", "the format is 1", 0, uintOf(2))
	set("with an unknown key", "a decoder refuses unknown keys", 4, uintOf(1))
	for name, v := range badWords {
		set("with a name "+name, badWordsWhy, 1, v)
		set("with a camera's name "+name, badWordsWhy, 2, pairs(uintOf(0), pairs(uintOf(1), v)))
		set("with a viewer's name "+name, badWordsWhy, 3, pairs(bstr(s.viewer.ID[:]), v))
	}
	on := pairs(uintOf(2), []byte{0xf5})
	set("with no cameras, said so", "cameras are left out or not empty", 2, pairs())
	set("with cameras null", "null stands nowhere", 2, []byte{0xf6})
	set("with a camera 8", "cameras are numbered 0 to 7", 2, pairs(uintOf(8), on))
	set("with a camera 256", "cameras are numbered 0 to 7", 2, pairs(head(0, 256), on))
	set("with a camera -1", "cameras are numbered 0 to 7", 2, pairs(intOf(-1), on))
	set("with a camera without settings", "a camera's settings are not empty", 2, pairs(uintOf(0), pairs()))
	set("with a camera null", "null stands nowhere", 2, pairs(uintOf(0), []byte{0xf6}))
	set("with a camera twice", "map keys stand once", 2, pairs(uintOf(0), on, uintOf(0), on))
	set("with cameras unsorted", "map keys are sorted", 2, pairs(uintOf(1), on, uintOf(0), on))
	set("with a camera with an unknown key", "a decoder refuses unknown keys", 2, pairs(uintOf(0), pairs(uintOf(9), uintOf(1))))
	set("with a camera that records 1", "records is true or false", 2, pairs(uintOf(0), pairs(uintOf(2), uintOf(1))))
	set("with a camera that records null", "null stands nowhere", 2, pairs(uintOf(0), pairs(uintOf(2), []byte{0xf6})))
	s.badMotion(func(name, why string, camera []byte) { s.t.Helper(); set(name, why, 2, pairs(uintOf(0), camera)) })
	name := tstr("Anna")
	set("with no viewers, said so", "viewers are left out or not empty", 3, pairs())
	set("with a viewer of 31 bytes", "a key id has 32 bytes", 3, pairs(bstr(s.viewer.ID[:31]), name))
	set("with a viewer as text", "a key id is bytes", 3, pairs(tstr(string(bytes.Repeat([]byte{'a'}, 32))), name))
	var many [][]byte
	for i := range byte(17) {
		many = append(many, bstr(slices.Repeat([]byte{i}, 32)), name)
	}
	set("with 17 viewers", "there are at most 16 viewers", 3, pairs(many...))
	set("with viewers unsorted", "map keys are sorted", 3, pairs(many[2], name, many[0], name))
	set("with a viewer twice", "map keys stand once", 3, pairs(many[0], name, many[0], name))
}

// badMotion makes what a camera's motion detector cannot be set to.
func (s *scene) badMotion(bad func(name, why string, camera []byte)) {
	s.t.Helper()
	one := func(name, why string, k uint64, v []byte) { s.t.Helper(); bad(name, why, body{k: v}.encode()) }
	const sensitive = "sensitivity is left out or 1 to 10"
	one("of sensitivity 0", sensitive, 5, uintOf(0))
	one("of sensitivity 11", sensitive, 5, uintOf(11))
	one("of sensitivity -1", sensitive, 5, intOf(-1))
	one("of sensitivity 2^64-1", sensitive, 5, uintOf(1<<64-1))
	one("of sensitivity true", sensitive, 5, []byte{0xf5})
	one("of sensitivity 5.0", sensitive, 5, []byte{0xf9, 0x45, 0x00})
	one("of sensitivity null", "null stands nowhere", 5, []byte{0xf6})
	const sizes = "sizes are of 10000 of the picture's area, the greatest not 0"
	one("of a least size of 10001", sizes, 7, uintOf(10001))
	one("of a least size of -1", sizes, 7, intOf(-1))
	one("of a least size of null", "null stands nowhere", 7, []byte{0xf6})
	one("of a greatest size of 0", sizes, 8, uintOf(0))
	one("of a greatest size of 10001", sizes, 8, uintOf(10001))
	one("of a greatest size of null", "null stands nowhere", 8, []byte{0xf6})
	bad("of a least size above the greatest", "the least size is at most the greatest", body{7: uintOf(301), 8: uintOf(300)}.encode())

	zones := func(name, why string, all ...[]byte) { s.t.Helper(); one("with "+name, why, 6, list(all...)) }
	good := handZone("Path", true, 3)
	one("with zones null", "null stands nowhere", 6, []byte{0xf6})
	one("with a zone that is in no list", "zones are a list", 6, good)
	zones("no zones, said so", "zones are left out or not empty")
	zones("17 zones", "there are at most 16 zones", slices.Collect(func(yield func([]byte) bool) {
		for i := 0; i < 17 && yield(handZone(dec(uint64(i)), true, 3)); i++ {
		}
	})...)
	zones("two zones of one name", "a zone's name stands once", good, handZone("Path", false, 4))
	zones("a zone null", "null stands nowhere", []byte{0xf6})
	zones("a zone of two corners", "a zone has 3 to 32 corners", handZone("Path", true, 2))
	zones("a zone of 33 corners", "a zone has 3 to 32 corners", handZone("Path", true, 33))

	origin := list(uintOf(0), uintOf(0))
	parts := body{1: tstr("Path"), 2: {0xf5}, 3: list(origin, origin, origin)}
	part := func(name, why string, k uint64, v []byte) {
		s.t.Helper()
		b := maps.Clone(parts)
		if b[k] = v; v == nil {
			delete(b, k)
		}
		zones("a zone "+name, why, b.encode())
	}
	for name, v := range badWords {
		part("with a name "+name, "a name has 1 to 256 bytes of UTF-8 without control characters", 1, v)
	}
	for k := range uint64(3) {
		part("without key "+dec(k+1), "key "+dec(k+1)+" is missing", k+1, nil)
	}
	part("with an unknown key", "a decoder refuses unknown keys", 4, uintOf(1))
	part("that is watched 1", "watched is true or false", 2, uintOf(1))
	part("that is watched null", "null stands nowhere", 2, []byte{0xf6})
	part("with corners null", "null stands nowhere", 3, []byte{0xf6})
	const within = "a corner is two numbers, of 10000 of the picture's width and height"
	for name, p := range map[string][]byte{
		"beyond the right": list(uintOf(10001), uintOf(0)), "beyond the bottom": list(uintOf(0), uintOf(10001)),
		"beyond the left": list(intOf(-1), uintOf(0)), "beyond the top": list(uintOf(0), intOf(-1)),
		"at 2^64-1": list(uintOf(1<<64-1), uintOf(0)), "of one number": list(uintOf(0)), "of three numbers": list(uintOf(0), uintOf(0), uintOf(0)),
		"with a fraction": list([]byte{0xf9, 0x38, 0x00}, uintOf(0)), "as a map": pairs(uintOf(0), uintOf(0)), "null": {0xf6},
		"with null": list(uintOf(0), []byte{0xf6}), "in more bytes than it needs": list(longHead(0, 0, 1), uintOf(0)),
	} {
		part("with a corner "+name, within, 3, list(origin, p, origin))
	}
}

func (s *scene) badJoinAnswers() {
	t := s.t
	card, id, err := certs.NewJoinCard()
	if err != nil {
		t.Fatal(err)
	}
	sealer := ok(certs.NewSealer([]string{certs.X25519Recipient(card.Key)}))(t)
	bad := func(name, why, plain string) {
		t.Helper()
		s.add(vector{Kind: "join-answer", Name: name, Why: why, Identity: id.String()}, ok(sealer.Seal([]byte(plain)))(t))
	}
	seed := s.owner.Seed()
	text := certs.SeedText(seed)
	bad("of nothing", "an answer is a seed", "")
	bad("without prefix", "a seed begins with SIGNET-SEED-1:", text[14:])
	bad("with padding", "base64url without padding", text+"=")
	bad("with a seed of 31 bytes", "a seed has 32 bytes", "SIGNET-SEED-1:"+base64.RawURLEncoding.EncodeToString(seed[:31]))
	bad("with a line end inside", "base64url without line ends", text[:20]+"\n"+text[20:])
	bad("in hexadecimal", "base64url", "SIGNET-SEED-1:"+hex.EncodeToString(seed[:]))
	other := ok(certs.JoinAnswer(&certs.JoinCard{Key: s.other.Picture}, seed))(t)
	s.add(vector{Kind: "join-answer", Name: "to another card", Why: "sealed to somebody else", Identity: id.String()}, other)
}
