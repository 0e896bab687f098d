// Package live shows one of a device's cameras now, to a viewer whom the policy names, over WebRTC.
//
// The cloud carries a viewer's request and the camera's answer and can neither change nor authorise them: the request
// is signed by a key that the policy names, the answer by the event key, and both name the DTLS certificates between
// which the pictures then flow. Nothing else can open a connection, and pictures never pass in clear through anybody.
//
// MJPEG goes over a data channel that the viewer opens: whole frames, unordered, never sent twice; while a frame waits,
// a newer one takes its place. H.264 passes through as an RTP track, from a key frame on. Raw formats are compressed
// slowly, and only while somebody watches. A frame goes to the viewers of its camera alone; while there is none, it costs
// one atomic load.
//
//	s, err := live.New(live.Config{Terms: terms, Cameras: 1, Synchronised: clock.Synchronised, Log: log})
//	go s.Run(ctx)                       // owns every viewer; ends them all
//	s.Offer(0, frame)                   // from that camera's goroutine, for every frame
//	answer, err := s.Handle(ctx, b)     // for every request; err: nothing to answer
package live

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"signet/capture"
	"signet/certs"
)

// Errors for requests that get no answer: there is nobody who could sign one, or it is not this camera's to refuse.
var (
	ErrUnowned = errors.New("nobody owns this camera")
	ErrForeign = errors.New("request is for another camera")
	ErrStopped = errors.New("live view is not running")
)

var (
	errFull     = errors.New("every place is taken")
	errPanicked = errors.New("setting up the connection panicked")
)

// Terms are what requests are judged by.
type Terms struct {
	Cert   *certs.EventCert
	Key    crypto.Signer // event key, which Cert certifies
	Policy *certs.Policy
	Hidden func(camera uint64) bool // the owner lets nobody watch it; nil: none is
}

// hides says whether the owner lets nobody watch a camera.
func (t *Terms) hides(camera uint64) bool { return t.Hidden != nil && t.Hidden(camera) }

// Config of a Server.
type Config struct {
	// Terms returns the terms in force, nil while nobody owns the camera. It is asked for each request, and once a
	// second while somebody watches, from several goroutines.
	Terms func() *Terms

	// Synchronised says whether this machine knows the time. While it does not, requests are not judged by their age,
	// and only those may watch whose right has no end. nil means that it never knows.
	Synchronised func() bool

	Cameras    int                // of the device, numbered from 0; at most certs.MaxCameras; 0 means 1
	MaxViewers int                // at a time, of all cameras together; 0 means 4
	ICEServers []webrtc.ICEServer // STUN and TURN; none by default
	Log        *slog.Logger
}

const defaultViewers = 4

// Server answers viewer requests and serves those who may watch.
type Server struct {
	cfg    Config
	log    *slog.Logger
	nonces nonces
	shown  []*shown    // by the camera's number
	mjpeg  *webrtc.API // data channels only
	h264   *webrtc.API // and a video track
	frames atomic.Uint64

	mu      sync.Mutex
	ctx     context.Context // of Run; nil while it does not run
	viewers int             // connected or being so
	running sync.WaitGroup  // viewers, and their goroutines
}

// New returns a server that answers nothing until Run runs.
func New(cfg Config) (*Server, error) {
	if cfg.Terms == nil || cfg.Log == nil {
		return nil, errors.New("live view: Terms and Log must be set")
	}
	if cfg.MaxViewers == 0 {
		cfg.MaxViewers = defaultViewers
	}
	if cfg.Synchronised == nil {
		cfg.Synchronised = func() bool { return false }
	}
	s := &Server{cfg: cfg, log: cfg.Log}
	for i := range max(cfg.Cameras, 1) {
		s.shown = append(s.shown, newShown(i, cfg.Log))
	}
	var err error
	if s.mjpeg, err = newAPI(cfg.Log, false); err != nil {
		return nil, err
	}
	if s.h264, err = newAPI(cfg.Log, true); err != nil {
		return nil, err
	}
	return s, nil
}

// Run serves viewers until ctx ends; then it ends them and returns nil when all are gone. It is called once.
func (s *Server) Run(ctx context.Context) error {
	s.mu.Lock()
	s.ctx = ctx
	s.mu.Unlock()
	var feeds sync.WaitGroup
	for _, c := range s.shown {
		feeds.Go(func() { c.run(ctx) })
	}
	feeds.Wait()
	s.mu.Lock()
	s.ctx = nil
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// Offer shows a frame to whoever watches that camera. It copies what it needs, never waits, and allocates nothing while
// nobody watches. H.264 comes as access units in Annex B, each key frame with its parameter sets. It is called by one
// goroutine at a time for each camera.
func (s *Server) Offer(camera int, f *capture.Frame) { s.shown[camera].offer(f) }

// Stats is what the server has done.
type Stats struct {
	Viewers int    // who watch, or are about to
	Frames  uint64 // sent to all viewers together
}

// Stats may be called concurrently.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{Viewers: s.viewers, Frames: s.frames.Load()}
}

// Handle judges a request and returns the camera's signed answer: its half of the connection, or why not. An error
// means that there is nothing to answer: the bytes are no request, or are not for this camera. It may be called
// concurrently and takes as long as gathering addresses does, at most about 3 s.
func (s *Server) Handle(ctx context.Context, request []byte) ([]byte, error) {
	r, err := certs.ParseViewerRequest(request)
	if err != nil {
		return nil, err
	}
	terms := s.cfg.Terms()
	if terms == nil {
		return nil, ErrUnowned
	}
	if r.Device != terms.Cert.Device {
		return nil, ErrForeign
	}
	a := r.AnswerTo()
	a.Epoch = terms.Cert.Epoch
	reason := ""
	if s.guard(func() error { reason = s.judge(r, terms, time.Now()); return nil }) != nil {
		reason = "the offer's SDP cannot be read"
	}
	if reason != "" {
		return s.refuse(a, terms, r, reason)
	}
	run, err := s.reserve()
	if errors.Is(err, errFull) {
		return s.refuse(a, terms, r, fmt.Sprintf("%d viewers watch already", s.cfg.MaxViewers))
	}
	if err != nil {
		return nil, err
	}
	v, sdp, err := s.connect(ctx, run, r, terms)
	if err != nil {
		s.release()
		if errors.Is(err, ErrStopped) || ctx.Err() != nil {
			return nil, err
		}
		s.log.Warn("live view failed", "viewer", r.Viewer.Short(), "camera", r.Camera, "err", err)
		return s.refuse(a, terms, r, "the camera could not set up the connection")
	}
	fp, err := fingerprint(sdp)
	if err == nil {
		a.SDP, a.Fingerprint = sdp, &fp
		var b []byte
		if b, err = certs.SignViewerAnswer(&a, terms.Cert, terms.Key); err == nil {
			return b, nil
		}
	}
	v.cancel(err)
	return nil, fmt.Errorf("answer viewer: %w", err)
}

func (s *Server) refuse(a certs.ViewerAnswer, terms *Terms, r *certs.SignedViewerRequest, reason string) ([]byte, error) {
	s.log.Warn("live view refused", "viewer", r.Viewer.Short(), "camera", r.Camera, "reason", reason)
	a.Refusal = reason
	b, err := certs.SignViewerAnswer(&a, terms.Cert, terms.Key)
	if err != nil {
		return nil, fmt.Errorf("refuse viewer: %w", err)
	}
	return b, nil
}

// guard calls f, in which pion reads what an outsider wrote, and makes an error of a panic: a request must never end
// the agent, which records. It does not reach into goroutines of pion's own.
func (s *Server) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("live view panicked", "panic", p, "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	return f()
}

// reserve takes one of the places and returns the context of Run.
func (s *Server) reserve() (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil || s.ctx.Err() != nil {
		return nil, ErrStopped
	}
	if s.viewers >= s.cfg.MaxViewers {
		return nil, errFull
	}
	s.viewers++
	s.running.Add(1)
	return s.ctx, nil
}

func (s *Server) release() {
	s.mu.Lock()
	s.viewers--
	s.mu.Unlock()
	s.running.Done()
}
