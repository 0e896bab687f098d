package motion

import "time"

// Times of the model. The trials set them at 30 frames/s: 1/128 a frame is 4.3 s, 1/64 is 2.1 s,
// 1/1024 is 34 s, 300 frames are 10 s.
const (
	learnTime     = time.Second             // the model's first look
	meanTime      = 4300 * time.Millisecond // the mean follows a quiet cell
	devTime       = 2100 * time.Millisecond // its deviation does
	suspectTime   = 34 * time.Second        // the mean follows a cell that differs
	freezeTime    = 10 * time.Second        // a cell of a confirmed region learns nothing for so long
	refreshTime   = 250 * time.Millisecond  // between the pictures that tell change from standing
	learnFrames   = 5                       // at least, for learnTime
	grey          = 8                       // one grey level
	kneeThreshold = 28 * grey               // of what is asked for beyond this, a quarter counts: leaves do not go further than from shade to sun
	minThreshold  = 5 * grey                // of a cell without any noise
	devFactor     = 5                       // threshold in deviations
	stirFactor    = 5                       // least change between two frames in deviations; noise makes one in 200
	startDev      = 1 * grey                // before anything is known
)

// What a cell is in this frame.
const (
	differs byte = 1 << iota // beyond its threshold
	strong                   // beyond twice its threshold
	active                   // changed within the last quarter to half second
	beyond                   // beyond half its threshold
	inLight                  // of a region of light
)

// model is what is known of each cell. Means and deviations are x256 so that slow learning is not
// lost in rounding.
type model struct {
	w, h   int
	mean   []int32
	dev    []int32
	blink  []int16 // crossings, x64
	recent []int16 // crossings that do not count yet, x64
	frozen []int32 // milliseconds in confirmed regions without a break

	diff      []int16 // of this frame: value - mean - brightness curve
	threshold []int16 // of this frame
	flags     []byte  // of this frame
	evidence  []byte  // of this frame
	far       int     // cells of this frame that differ by unrestFar or more

	refs   [2][]int32 // pictures a quarter to half second old, and younger; x256
	refAge time.Duration
	at     shift    // where the camera stands in this frame
	refAt  [2]shift // and in refs
	since  curve    // how the brightness changed since refs[0]

	learnt  time.Duration
	samples int32
}

func (m *model) resize(w, h int) {
	n := w * h
	m.w, m.h = w, h
	m.mean, m.dev, m.frozen = make([]int32, n), make([]int32, n), make([]int32, n)
	m.blink, m.recent = make([]int16, n), make([]int16, n)
	m.diff, m.threshold = make([]int16, n), make([]int16, n)
	m.refs = [2][]int32{make([]int32, n), make([]int32, n)}
	m.flags, m.evidence = make([]byte, n), make([]byte, n)
}

func (m *model) restart() {
	clear(m.blink)
	clear(m.recent)
	clear(m.frozen)
	clear(m.flags)
	m.learnt, m.samples, m.refAge, m.at = 0, 0, 0, shift{}
}

func (m *model) learning() bool { return m.learnt < learnTime || m.samples < learnFrames }

// learn takes the mean of the first pictures, each with equal weight.
func (m *model) learn(pix []int16, step time.Duration) {
	m.learnt += step
	m.samples++
	if m.samples == 1 {
		for i, v := range pix {
			m.mean[i] = int32(v) << 8
			m.dev[i] = startDev << 8
		}
		return
	}
	for i, v := range pix {
		d := int32(v)<<8 - m.mean[i]
		m.mean[i] += d / m.samples
		m.dev[i] += (abs(d) - m.dev[i]) / (m.samples + 3)
	}
}

// compare fills diff, threshold, flags and evidence, and returns how many cells differ.
func (m *model) compare(pix []int16, c *curve, factor int32) int {
	n := 0
	m.far = 0
	for i, v := range pix {
		mean := m.mean[i] >> 8
		d := int32(v) - mean - c.at(mean)
		t := max(minThreshold, m.dev[i]*devFactor>>8) * factor >> 8
		t += t * int32(m.blink[i]) >> (4 + blinkShift)
		if t > kneeThreshold {
			t = kneeThreshold + (t-kneeThreshold)>>2
		}
		t = min(t, 1<<14)
		m.threshold[i] = int16(t)
		if abs(d) >= unrestFar {
			m.far++
		}
		was := m.flags[i]
		m.judge(i, d)
		f := m.flags[i]
		if f&differs != 0 {
			n++
		}
		// The crossing bit stands above the others until update has seen it.
		m.flags[i] = f | (was^f)&beyond<<4
	}
	return n
}

// judge says what it means that a cell differs by d.
func (m *model) judge(i int, d int32) {
	t, a := int32(m.threshold[i]), abs(d)
	var f, e byte
	if 2*a > t {
		f, e = beyond, byte(min(16*a/t, fullEvidence))
		if a > t {
			f |= differs
			if a > 2*t {
				f |= strong
			}
		}
	}
	m.diff[i], m.flags[i], m.evidence[i] = int16(d), f, e
}

const crossed = beyond << 4

// keep stores a picture for later comparison, four times a second.
func (m *model) keep(pix []int16, step time.Duration) {
	if m.refAge += step; m.refAge < refreshTime && m.samples > 1 {
		return
	}
	m.refAge = 0
	m.refs[0], m.refs[1] = m.refs[1], m.refs[0]
	m.refAt[0], m.refAt[1] = m.refAt[1], m.at
	for i, v := range pix {
		m.refs[1][i] = int32(v) << 8
	}
}

// stir marks the cells under the mask that changed lately, and tells whether there are any.
func (m *model) stir(pix []int16, mask []byte) (any bool) {
	ref := m.refs[0]
	m.since.restart()
	m.since.fit(pix, ref, nil, nil)
	by := shift{m.at.x - m.refAt[0].x, m.at.y - m.refAt[0].y}.most()
	swayed := by != shift{}
	for i, on := range mask {
		if on == 0 {
			continue
		}
		was := ref[i] >> 8
		least := max(int32(m.threshold[i])/2, m.dev[i]*stirFactor>>8)
		if swayed {
			least += slack(ref, i, m.w, by)
		}
		if abs(int32(pix[i])-was-m.since.at(was)) > least {
			m.flags[i] |= active
			any = true
		}
	}
	return any
}

// update learns from the frame, each cell according to what it is part of.
//
// A cell that must not learn what stands before it still follows the brightness of the picture, as
// its quiet neighbours do; else it would differ once it is free again.
func (m *model) update(pix []int16, c *curve, label []uint8, regions []region, tracks []track, step time.Duration) {
	quiet, dev, suspect := rate(step, meanTime), rate(step, devTime), rate(step, suspectTime)
	fade, ripen := rate(step, blinkTime), rate(step, settleTime)
	ms := int32(step / time.Millisecond)
	for i, v := range pix {
		confirmed, absorb := false, false
		if l := label[i]; l != 0 {
			if t := regions[l-1].track; t >= 0 {
				confirmed, absorb = tracks[t].confirmed, tracks[t].absorb
			}
		}
		f := m.flags[i]
		d := int32(m.diff[i])

		m.settle(i, fade, ripen, f&crossed != 0 && f&inLight == 0 && !confirmed)
		if !confirmed {
			m.frozen[i] = 0
		}
		e := int32(v)<<8 - m.mean[i]
		switch {
		case absorb:
			m.mean[i] += e
		case !confirmed && f&inLight != 0:
			m.mean[i] += (e*quiet + 2048) >> 12 // and the deviation stays as it is: it is of the noise
		case !confirmed && f&differs == 0:
			m.mean[i] += (e*quiet + 2048) >> 12
			m.dev[i] += ((abs(d)<<8-m.dev[i])*dev + 2048) >> 12
		default:
			m.mean[i] += (c.at(m.mean[i]>>8)<<8*quiet + 2048) >> 12
			if confirmed && m.frozen[i] < int32(freezeTime/time.Millisecond) {
				m.frozen[i] += ms
			} else {
				m.mean[i] += (e*suspect + 2048) >> 12
			}
		}
	}
}

// rate is how far a value moves in one step on its way of the time constant t, x4096.
func rate(step, t time.Duration) int32 {
	return int32(min(2048, max(1, 4096*step/t)))
}

func abs(x int32) int32 {
	if x < 0 {
		return -x
	}
	return x
}
