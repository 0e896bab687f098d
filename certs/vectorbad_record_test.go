package certs_test

import (
	"bytes"
	"math"
	"slices"

	"signet/certs"
	"signet/certs/certstest"
)

// badRecords spoils what is inside: every one of them is signed well.
func (s *scene) badRecords() {
	c := s.cam
	id := certs.NewEventID(certstest.Time)
	spoil := func(name, why string, typ certs.RecordType, change func(b body)) {
		s.t.Helper()
		r := c.Record(typ)
		if typ == certs.Started || typ == certs.Part || typ == certs.Ended {
			r.Event = &id
		}
		b := handRecord(r)
		change(b)
		s.record(name, why, s.message(b).bytes(s.t))
	}
	set := func(k uint64, v []byte) func(body) { return func(b body) { b[k] = v } }
	plain := func(name, why string, k uint64, v []byte) { s.t.Helper(); spoil(name, why, certs.Tamper, set(k, v)) }

	for k := range handRecord(c.Record(certs.Tamper)) {
		spoil("without key "+dec(k), "key "+dec(k)+" is missing", certs.Tamper, func(b body) { delete(b, k) })
		if k != 0 { // null is tried where it could be taken for an empty value
			plain("key "+dec(k)+" null", "null stands nowhere", k, []byte{0xf6})
		}
	}
	plain("key 5 undefined", "undefined stands nowhere", 5, []byte{0xf7})
	plain("format 2", "the format is 1", 0, uintOf(2))
	plain("format 0", "the format is 1", 0, uintOf(0))
	plain("format true", "the format is an integer", 0, []byte{0xf5})
	plain("unknown key 18", "a decoder refuses unknown keys", 18, uintOf(1))
	plain("unknown key 11000", "a decoder refuses unknown keys", 11000, uintOf(1))
	plain("device id of 15 bytes", "a device id has 16 bytes", 1, bstr(c.ID[:15]))
	plain("device id of 17 bytes", "a device id has 16 bytes", 1, bstr(append(c.ID[:], 0)))
	plain("device id as text", "a device id is a byte string", 1, append(head(3, 16), "0123456789abcdef"...))
	plain("device id as array of integers", "a device id is a byte string", 1, list(slices.Repeat([][]byte{uintOf(1)}, 16)...))
	plain("device id tagged as UUID", "there are no tags inside", 1, append([]byte{0xd8, 37}, bstr(c.ID[:])...))
	plain("another device", "the certificate is of another device", 1, bstr(s.sibling.ID[:]))
	plain("another owner", "is of another owner", 2, bstr(s.other.ID[:]))
	plain("epoch before", "the certificate is of another epoch", 3, uintOf(1))
	plain("epoch after", "the certificate is of another epoch", 3, uintOf(3))
	plain("epoch 0", "epochs count from 1", 3, uintOf(0))
	plain("epoch as float", "an epoch is an integer", 3, []byte{0xf9, 0x40, 0x00})
	plain("epoch as big number", "there are no tags inside", 3, []byte{0xc2, 0x41, 2})
	plain("epoch in two bytes", "integers are encoded in their shortest form", 3, longHead(0, 2, 1))
	plain("epoch in nine bytes", "integers are encoded in their shortest form", 3, longHead(0, 2, 8))
	plain("epoch negative", "an epoch is not negative", 3, intOf(-2))
	plain("boot 0", "boots count from 1", 4, list(uintOf(0), uintOf(1)))
	plain("boot negative", "positions are not negative", 4, list(intOf(-1), uintOf(1)))
	plain("n negative", "positions are not negative", 4, list(uintOf(1), intOf(-1)))
	plain("n of minus 2^64", "positions are not negative", 4, list(uintOf(1), head(1, math.MaxUint64)))
	plain("position of three", "a position is a pair", 4, list(uintOf(1), uintOf(1), uintOf(1)))
	plain("position of one", "a position is a pair", 4, list(uintOf(1)))
	plain("position empty", "a position is a pair", 4, list())
	plain("position a map", "a position is an array", 4, pairs(uintOf(0), uintOf(1), uintOf(1), uintOf(1)))
	plain("position of indefinite length", "lengths are definite", 4, []byte{0x9f, 1, 1, 0xff})
	plain("position with null", "null stands nowhere", 4, list(uintOf(1), []byte{0xf6}))
	plain("monotonic time as float", "times are integers", 6, []byte{0xfb, 0x40, 0x8f, 0x40, 0, 0, 0, 0, 0})
	plain("monotonic time infinite", "times are integers", 6, []byte{0xf9, 0x7c, 0x00})
	plain("monotonic time not a number", "times are integers", 6, []byte{0xf9, 0x7e, 0x00})
	plain("wall time beyond 9999", "wall time ends with the year 9999", 7, list(uintOf(253402300800000), uintOf(2)))
	plain("wall time of 2^64-1", "wall time ends with the year 9999", 7, list(uintOf(math.MaxUint64), uintOf(2)))
	plain("wall time negative", "wall time is not negative", 7, list(intOf(-1), uintOf(2)))
	plain("unknown quality", "the quality of wall time is 0 to 2", 7, list(uintOf(1), uintOf(3)))
	plain("wall time without quality", "wall time is a pair", 7, list(uintOf(1)))
	plain("type 0", "there is no type 0", 8, uintOf(0))
	plain("type 9", "there is no type 9", 8, uintOf(9))
	plain("type 2^63", "there is no such type", 8, uintOf(1<<63))
	plain("type 2^64-1", "there is no such type", 8, uintOf(math.MaxUint64))
	plain("type as text", "a type is an integer", 8, tstr("tamper"))
	plain("policy version as bytes", "a version is an integer", 10, bstr([]byte{1}))
	plain("firmware of 0 bytes", "a SHA-256 has 32 bytes", 12, bstr(nil))
	spoil("event in gap", "gap has no event", certs.Gap, set(9, bstr(id[:])))
	plain("closing in tamper", "a closing belongs to closed", 17, bstr(c.Closing(s.t, c.Next, nil)))
	plain("empty closing in tamper", "a closing belongs to closed", 17, bstr(nil))
	plain("previous position in tamper", "a previous position belongs to online", 13, list(uintOf(1), uintOf(1)))
	plain("range in tamper", "a range belongs to gap", 14, list(list(uintOf(1), uintOf(1)), list(uintOf(1), uintOf(1)), uintOf(1)))
	plain("certificates in tamper", "certificates belong to claimed and online", 15, list(bstr(c.Cert.Raw), bstr(c.Root)))
	plain("offer in tamper", "an offer belongs to claimed", 16, bstr(c.Offer))
	plain("empty offer in tamper", "an offer belongs to claimed", 16, bstr(nil))
	plain("no media, said so", "a media list has 1 to 16 entries", 11, list())
	spoil("started without event", "started has an event", certs.Started, func(b body) { delete(b, 9) })
	spoil("part without event", "part has an event", certs.Part, func(b body) { delete(b, 9) })
	spoil("ended without event", "ended has an event", certs.Ended, func(b body) { delete(b, 9) })
	spoil("event id of 15 bytes", "an event id has 16 bytes", certs.Started, set(9, bstr(id[:15])))
	spoil("online without certificates", "online carries certificates", certs.Online, func(b body) { delete(b, 15) })
	spoil("claimed without certificates", "claimed carries certificates", certs.Claimed, func(b body) { delete(b, 15) })
	spoil("claimed without offer", "claimed carries the offer", certs.Claimed, func(b body) { delete(b, 16) })
	spoil("claimed with empty offer", "claimed carries the offer", certs.Claimed, set(16, bstr(nil)))
	spoil("claimed with offer null", "null stands nowhere", certs.Claimed, set(16, []byte{0xf6}))
	spoil("one certificate", "there are two certificates", certs.Online, set(15, list(bstr(c.Cert.Raw))))
	spoil("three certificates", "there are two certificates", certs.Online, set(15, list(bstr(c.Cert.Raw), bstr(c.Root), bstr(c.Root))))
	spoil("certificates null", "null stands nowhere", certs.Online, set(15, list([]byte{0xf6}, []byte{0xf6})))
	spoil("certificates empty", "a certificate is not empty", certs.Online, set(15, list(bstr(nil), bstr(nil))))
	spoil("certificate of 4097 bytes", "a certificate has at most 4096 bytes", certs.Online, set(15, list(bstr(c.Cert.Raw), bstr(make([]byte, 4097)))))
	spoil("previous position with boot 0", "boots count from 1", certs.Online, set(13, list(uintOf(0), uintOf(1))))
	spoil("gap without range", "a gap has a range", certs.Gap, func(b body) { delete(b, 14) })
	one, two := list(uintOf(1), uintOf(1)), list(uintOf(1), uintOf(2))
	spoil("gap backwards", "a range does not run backwards", certs.Gap, set(14, list(two, one, uintOf(1))))
	spoil("gap over boots", "a range is of one boot", certs.Gap, set(14, list(one, list(uintOf(2), uintOf(2)), uintOf(1))))
	spoil("gap of boot 0", "boots count from 1", certs.Gap, set(14, list(list(uintOf(0), uintOf(1)), list(uintOf(0), uintOf(1)), uintOf(1))))
	spoil("gap for reason 0", "there is no reason 0", certs.Gap, set(14, list(one, two, uintOf(0))))
	spoil("gap for reason 4", "there is no reason 4", certs.Gap, set(14, list(one, two, uintOf(4))))

	media := func(name, why string, change func(b body)) {
		s.t.Helper()
		b := handMedia(certs.Media{Kind: certs.Thumbnail, Size: 10, MIME: "image/jpeg"})
		change(b)
		spoil("media: "+name, why, certs.Started, set(11, list(b.encode())))
	}
	media("kind 0", "there is no kind 0", set(1, uintOf(0)))
	media("kind 4", "there is no kind 4", set(1, uintOf(4)))
	media("kind 2^63", "there is no such kind", set(1, uintOf(1<<63)))
	media("no hash", "a hash is missing", func(b body) { delete(b, 2) })
	media("hash of 33 bytes", "a SHA-256 has 32 bytes", set(2, bstr(make([]byte, 33))))
	media("thumbnail of 65537 bytes", "thumbnails have at most 65536 bytes", set(3, uintOf(65537)))
	media("part of 8388609 bytes", "parts have at most 8388608 bytes", func(b body) { b[1], b[3], b[6] = uintOf(3), uintOf(8388609), uintOf(0) })
	media("negative size", "sizes are not negative", set(3, intOf(-1)))
	media("empty MIME type", "a MIME type has 1 to 127 characters", set(4, tstr("")))
	media("MIME type of 128 characters", "a MIME type has 1 to 127 characters", set(4, tstr(string(bytes.Repeat([]byte{'x'}, 128)))))
	media("MIME type with a line end", "a MIME type is printable ASCII", set(4, tstr("image/jpeg\r\nSet-Cookie: a=b")))
	media("MIME type with a null character", "a MIME type is printable ASCII", set(4, tstr("image/jpeg\x00")))
	media("MIME type in Greek", "a MIME type is printable ASCII", set(4, tstr("image/εικόνα")))
	media("MIME type not UTF-8", "text is UTF-8", set(4, tstr("image/\xff")))
	media("MIME type as bytes", "a MIME type is text", set(4, bstr([]byte("image/jpeg"))))
	media("span backwards", "a span does not run backwards", set(5, list(intOf(1), intOf(0))))
	media("span of one", "a span is a pair", set(5, list(intOf(1))))
	media("span beyond a day", "a span lies within a day of the start", set(5, list(intOf(0), intOf(86400001))))
	media("span before a day", "a span lies within a day of the start", set(5, list(intOf(-86400001), intOf(0))))
	media("span over all integers", "a span lies within a day of the start", set(5, list(intOf(math.MinInt64), intOf(math.MaxInt64))))
	media("span beyond 64 bits", "a span lies within a day of the start", set(5, list(head(1, math.MaxUint64), intOf(0))))
	media("span of floats", "times are integers", set(5, list([]byte{0xf9, 0, 0}, []byte{0xf9, 0, 0})))
	media("thumbnail with index", "an index belongs to parts", set(6, uintOf(0)))
	media("part without index", "a part has an index", set(1, uintOf(3)))
	media("unknown key", "a decoder refuses unknown keys", set(7, uintOf(0)))
	entry := handMedia(certs.Media{Kind: certs.Thumbnail, Size: 10, MIME: "image/jpeg"}).encode()
	spoil("seventeen pieces of media", "a media list has 1 to 16 entries", certs.Started, set(11, list(slices.Repeat([][]byte{entry}, 17)...)))
	spoil("media null", "null stands nowhere", certs.Started, set(11, list([]byte{0xf6})))

	b := handRecord(c.Record(certs.Tamper))
	raw := func(name, why string, payload []byte) {
		s.t.Helper()
		m := s.message(b)
		m.payload = payload
		s.record(name, why, m.bytes(s.t))
	}
	var entries [][]byte
	for _, k := range b.keys() {
		entries = append(entries, uintOf(k), b[k])
	}
	raw("keys unsorted", "map keys are sorted", pairs(append(slices.Clone(entries[2:]), entries[:2]...)...))
	raw("key twice", "map keys stand once", pairs(append(slices.Clone(entries[:2]), entries...)...))
	raw("key twice, the second another", "map keys stand once", pairs(append(slices.Concat(entries[:8], [][]byte{uintOf(3), uintOf(1)}), entries[8:]...)...))
	raw("key in two bytes", "integers are encoded in their shortest form", pairs(append([][]byte{longHead(0, 0, 1)}, entries[1:]...)...))
	raw("key as text", "keys are integers", pairs(append([][]byte{tstr("0")}, entries[1:]...)...))
	raw("key negative", "a decoder refuses unknown keys", pairs(append(slices.Clone(entries), intOf(-1), uintOf(1))...))
	raw("map of indefinite length", "lengths are definite", slices.Concat([]byte{0xbf}, slices.Concat(entries...), []byte{0xff}))
	raw("map's length in one more byte", "lengths are encoded in their shortest form", slices.Concat(longHead(5, uint64(len(b)), 1), slices.Concat(entries...)))
	raw("bytes after the body", "nothing follows", append(b.encode(), 0xf6))
	raw("body an array", "a body is a map", list(entries...))
	raw("body null", "a body is a map", []byte{0xf6})
	raw("body empty", "a body is a map", nil)
	raw("body tagged", "there are no tags inside", append([]byte{0xd9, 0xd9, 0xf7}, b.encode()...))
	raw("body nested a hundred deep", "no statement nests so", append(bytes.Repeat([]byte{0x81}, 100), 0))
	b[16] = bstr(make([]byte, certs.MaxRecord))
	raw("larger than 16384 bytes", "a record has at most 16384 bytes", b.encode())
}
