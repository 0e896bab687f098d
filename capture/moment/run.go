package moment

import (
	"math"

	"signet/capture"
	"signet/capture/fmp4"
	"signet/capture/luma"
	"signet/capture/mjpeg"
	"signet/capture/motion"
)

// run is a Pipeline at work on one camera.
type run struct {
	*Pipeline
	sink Sink

	decoder   luma.Decoder
	plane     luma.Plane
	detector  *motion.Detector
	set       *Settings // that the detector has
	segmenter Segmenter
	idler     idler

	next          uint64 // number of the next frame of the motion stream
	seen          bool   // a frame of the motion stream
	width, height int    // of the motion stream

	ring    *Ring
	limiter limiter
	packer  packer // raw frames to JPEG
	h264    chain
	useH264 bool // the clip is made of the camera's H.264

	track    fmp4.Track // of the frames in the ring
	picker   picker
	gatherer gatherer
	clip     clip
	clipEnd  capture.Mono // of the last clip; a following one does not show that again
	clipped  bool
	now      motion.Stamp // the last frame of the motion stream
	scene    sceneChange
}

func newRun(p *Pipeline, sink Sink) (*run, error) {
	s := p.settings.Load()
	d, err := motion.New(s.Motion)
	if err != nil {
		return nil, err
	}
	r := &run{Pipeline: p, sink: sink, detector: d, set: s, ring: NewRing(p.cfg.RingBytes), idler: idler{every: idleEvery}}
	r.segmenter.event.N = p.events
	return r, nil
}

// take does all that is to be done for one frame.
func (r *run) take(f *capture.Frame) {
	r.count.frames.Add(1)
	s := r.settings.Load()
	if s.NoClips {
		r.unclip()
	}
	if f.Format == capture.H264 {
		r.takeH264(f, s)
		return
	}
	if r.seen && f.Seq > r.next {
		r.count.lost.Add(f.Seq - r.next)
	}
	r.next, r.seen = f.Seq+1, true

	if !r.idler.due(f.Mono) && r.glance(f) {
		r.sink.Frame(f)
		return
	}
	if !r.readable(f) {
		return
	}
	r.count.looked.Add(1)
	if r.width != f.Width || r.height != f.Height {
		r.resized(f)
	}
	r.sink.Frame(f)
	if s != r.set {
		r.detector.Set(s.Motion) // cannot fail: Settings were validated
		r.set = s
	}
	r.now = motion.Stamp{Seq: f.Seq, At: f.Mono}
	res := r.detector.Detect(&r.plane, r.now)
	if r.cfg.Observe != nil {
		r.cfg.Observe(f, res)
	}
	if r.cfg.Explain != nil {
		r.cfg.Explain(f, r.detector)
	}
	if !r.useH264 && !s.NoClips {
		r.keepPicture(f, s)
	}
	r.step(f, res, s)
	r.watchScene(f, res.SceneChange)
	r.idler.looked(f.Mono, r.segmenter.Phase() != Idle || r.detector.Suspects())
}

// readable makes the 1/8-scale picture of f, and sets f's size to what the picture itself says.
func (r *run) readable(f *capture.Frame) bool {
	if err := r.decoder.Decode(&r.plane, f); err != nil {
		r.count.unreadable(err)
		return false
	}
	if f.Format == capture.MJPEG {
		h, err := mjpeg.Parse(f.Data)
		if err != nil {
			r.count.unreadable(err)
			return false
		}
		f.Width, f.Height = h.Width, h.Height
	}
	return true
}

// resized begins anew with pictures of another size: they fit into no running clip.
func (r *run) resized(f *capture.Frame) {
	if r.width != 0 {
		r.stop()
		r.cfg.Log.Info("picture size changed", "from_width", r.width, "from_height", r.height, "width", f.Width, "height", f.Height)
	}
	r.width, r.height = f.Width, f.Height
	if !r.useH264 {
		r.ring.Reset()
		r.track = fmp4.Track{Width: f.Width, Height: f.Height}
	}
}

// keepPicture puts a frame of the motion stream, or what is kept of it, into ring and clip.
func (r *run) keepPicture(f *capture.Frame, s *Settings) {
	size, fps := len(f.Data), s.ClipFPS
	if f.Format != capture.MJPEG {
		size, fps = r.packer.guess(f), math.Min(fps, packFPS)
	}
	if !r.limiter.allow(f.Mono, size, fps, s.ClipRate) {
		return
	}
	if f.Format != capture.MJPEG {
		packed, err := r.packer.pack(f)
		if err != nil {
			r.count.torn.Add(1)
			return
		}
		f = packed
	}
	r.keep(f, s)
}

// takeH264 takes an access unit. From the first good one on, clips are made of them.
func (r *run) takeH264(f *capture.Frame, s *Settings) {
	f, changed, err := r.h264.accept(f)
	if changed && r.useH264 || !r.useH264 && err == nil {
		r.stop() // what follows does not fit into the same clip
		r.ring.Reset()
		r.useH264 = true
	}
	if r.useH264 {
		r.track = fmp4.Track{SPS: r.h264.sps, PPS: r.h264.pps}
	}
	if err != nil {
		r.count.undecodable.Add(1)
		return
	}
	r.sink.Frame(f)
	r.keep(f, s)
}

func (r *run) keep(f *capture.Frame, s *Settings) {
	if s.NoClips {
		return
	}
	if !r.ring.Push(f, s.PreRoll+motion.MaxBackdate+openTime) {
		r.count.unkept.Add(1)
	}
	if r.clip.open {
		e := r.segmenter.Event()
		r.clipFrame(f, &e, s)
	}
}

// step lets the segmenter decide, and does what follows from it.
func (r *run) step(f *capture.Frame, res *motion.Result, s *Settings) {
	moving := len(res.Regions) > 0
	since := r.now
	for _, g := range res.Regions {
		if g.Since.At < since.At {
			since = g.Since
		}
	}
	wasIdle := r.segmenter.Phase() == Idle
	change := r.segmenter.Step(r.now, moving, since, s)
	e := r.segmenter.Event()
	if wasIdle && change != None {
		r.count.events.Add(1)
		r.picker.reset()
		r.gatherer.reset()
	}
	if moving && r.segmenter.Phase() != Idle {
		r.picker.offer(f, res)
		r.gatherer.add(&e, f, res)
	}
	switch change {
	case Started:
		r.announce(&e, s)
	case Ended:
		r.end(&e, f.Mono)
	}
}

// announce tells of the event and sends what the ring holds of it.
func (r *run) announce(e *Event, s *Settings) {
	r.sink.Started(*e, r.thumbnail(e))
	r.clip.reset(r.track)
	from := e.Start.Add(-s.PreRoll)
	if r.clipped {
		from = max(from, r.clipEnd)
	}
	for f := range r.ring.From(from) {
		if f.Format == capture.MJPEG && f.Mono < from {
			continue // every picture is a key frame: no need to begin before
		}
		r.clipFrame(f, e, s)
	}
}

func (r *run) clipFrame(f *capture.Frame, e *Event, s *Settings) {
	part, err := r.clip.add(f, e, s.PartLength)
	if err != nil {
		r.count.unclipped.Add(1)
	}
	r.deliver(e, part)
}

// unclip ends a clip that is being made, and gives back the memory of the pre-roll.
func (r *run) unclip() {
	if r.clip.open {
		e := r.segmenter.Event()
		part, err := r.clip.finish(r.now.At, &e)
		if err != nil {
			r.count.unclipped.Add(1)
		}
		r.deliver(&e, part)
		r.clip = clip{}
	}
	if r.ring.Bytes() > 0 {
		r.ring = NewRing(r.cfg.RingBytes)
	}
}

func (r *run) deliver(e *Event, part *Part) {
	if part == nil {
		return
	}
	r.count.parts.Add(1)
	r.clipEnd, r.clipped = r.clip.end, true
	r.sink.Part(*e, *part)
}

// leave tells what is still to be told.
func (r *run) leave() {
	r.stop()
	r.tellScene(nil)
}

// stop ends a running event with what there is of it.
func (r *run) stop() {
	opening := r.segmenter.Phase() == Opening
	if !r.segmenter.Stop() {
		return
	}
	e := r.segmenter.Event()
	if opening {
		s := r.settings.Load()
		r.announce(&e, s)
	}
	r.end(&e, r.now.At)
}

func (r *run) end(e *Event, at capture.Mono) {
	part, err := r.clip.finish(at, e)
	if err != nil {
		r.count.unclipped.Add(1)
	}
	r.deliver(e, part)
	r.sink.Ended(*e, r.thumbnail(e), r.gatherer.facts())
}

func (r *run) thumbnail(e *Event) Thumbnail {
	t, err := r.picker.thumbnail(e)
	if err != nil {
		r.count.noThumbnail.Add(1)
		r.cfg.Log.Warn("no thumbnail", "event", e.N, "err", err)
	}
	return t
}
