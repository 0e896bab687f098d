package qr

import "rsc.io/qr/coding"

// correct mends a code's bytes: those of data, then those of check, each block by block as coding lays them out. It says whether all
// blocks are whole then.
func correct(all []byte, dataBytes, blocks int) bool {
	check := (len(all) - dataBytes) / blocks
	short := dataBytes / blocks // bytes of data in the first blocks
	long := dataBytes % blocks  // how many of the last have one more
	data, checks := all[:dataBytes], all[dataBytes:]
	block := make([]byte, 0, 255)
	for i := range blocks {
		n := short
		if i >= blocks-long {
			n++
		}
		block = append(append(block[:0], data[:n]...), checks[:check]...)
		if !correctBlock(block, check) {
			return false
		}
		copy(data, block[:n])
		data, checks = data[n:], checks[check:]
	}
	return true
}

// correctBlock mends a Reed-Solomon block with the given number of check bytes, half as many of which may be wrong anywhere in it
// (ISO/IEC 18004, 7.5 and annex A; Berlekamp and Massey find which, Forney by how much).
func correctBlock(block []byte, check int) bool {
	f := coding.Field
	syndromes := make([]byte, check)
	clean := true
	for i := range syndromes {
		syndromes[i] = evaluate(block, f.Exp(i))
		clean = clean && syndromes[i] == 0
	}
	if clean {
		return true
	}
	locator := locate(syndromes)
	wrong := len(locator) - 1 // polynomials have the constant first here
	if 2*wrong > check {
		return false
	}
	evaluator := make([]byte, check) // syndromes * locator, cut off
	for i := range evaluator {
		for j := 0; j <= min(i, wrong); j++ {
			evaluator[i] ^= f.Mul(locator[j], syndromes[i-j])
		}
	}
	found := 0
	for i := range block {
		power := len(block) - 1 - i
		root := f.Exp((255 - power%255) % 255)
		if at(locator, root) != 0 {
			continue
		}
		var slope byte // the derivative, times root: that of even powers is zero
		for j := 1; j <= wrong; j += 2 {
			slope ^= f.Mul(locator[j], f.Exp((255-power%255)%255*(j-1)))
		}
		if slope == 0 {
			return false
		}
		block[i] ^= f.Mul(f.Exp(power), f.Mul(at(evaluator, root), f.Inv(slope)))
		found++
	}
	if found != wrong {
		return false
	}
	for i := range check {
		if evaluate(block, f.Exp(i)) != 0 {
			return false
		}
	}
	return true
}

// evaluate returns a polynomial, its highest power first, at x.
func evaluate(p []byte, x byte) (sum byte) {
	for _, c := range p {
		sum = coding.Field.Mul(sum, x) ^ c
	}
	return sum
}

// at returns a polynomial, its constant first, at x.
func at(p []byte, x byte) (sum byte) {
	for i := len(p) - 1; i >= 0; i-- {
		sum = coding.Field.Mul(sum, x) ^ p[i]
	}
	return sum
}

// locate returns the polynomial whose roots are the inverses of the places that are wrong (Berlekamp and Massey).
func locate(syndromes []byte) []byte {
	f := coding.Field
	current, previous := []byte{1}, []byte{1}
	length, gap, before := 0, 1, byte(1)
	for n := range syndromes {
		d := syndromes[n]
		for i := 1; i <= length && i < len(current); i++ {
			d ^= f.Mul(current[i], syndromes[n-i])
		}
		if d == 0 {
			gap++
			continue
		}
		next := make([]byte, max(len(current), len(previous)+gap))
		copy(next, current)
		scale := f.Mul(d, f.Inv(before))
		for i, c := range previous {
			next[i+gap] ^= f.Mul(scale, c)
		}
		if 2*length <= n {
			length, previous, before, gap = n+1-length, current, d, 1
		} else {
			gap++
		}
		current = next
	}
	for len(current) > 1 && current[len(current)-1] == 0 {
		current = current[:len(current)-1]
	}
	return current
}
