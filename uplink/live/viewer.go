package live

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"signet/certs"
)

const (
	gatherFor  = 3 * time.Second
	connectFor = 30 * time.Second
	lookAgain  = time.Second // how often the terms are looked at while somebody watches
	closeFor   = 5 * time.Second
)

// window is how much may be on its way to a viewer, not acknowledged yet, in bytes. The channel sends nothing twice, so
// one lost packet costs a frame: a burst must fit into the receiver's socket buffer, which in Chromium holds about 56
// packets. Of 30 frames of 240 KB at 10/s over loopback Chromium decoded 6 without a window, 13 with one of 64 KiB, all
// with 32 KiB (pion/sctp v1.11.1, Chromium, 2026-11). It carries 13 Mbit/s over a round trip of 20 ms, 5 over 50 ms.
const window = 32 << 10

const channelLabel = "mjpeg"

// Reasons for the end of a viewer's connection.
var (
	errGone       = errors.New("connection ended")
	errNoContact  = errors.New("no connection came about")
	errNotAllowed = errors.New("the policy does not let this key watch any more")
	errNewOwner   = errors.New("ownership ended")
	errHidden     = errors.New("the owner has turned this camera's live view off")
)

// viewer is one connection.
type viewer struct {
	s         *Server
	shown     *shown // the camera that is watched
	pc        *webrtc.PeerConnection
	id        certs.KeyID
	owner     certs.OwnerID // who let it in, in this epoch
	epoch     uint64
	ctx       context.Context
	cancel    context.CancelCauseFunc
	opened    chan struct{} // closed once connected
	connected atomic.Bool   // opened is closed
	channel   atomic.Bool   // the viewer's one data channel came
	frames    atomic.Uint64

	// H.264 goes out as a track, and no JPEG beside it.
	video  bool
	track  *webrtc.TrackLocalStaticSample
	sender *webrtc.RTPSender
}

// connect makes a viewer's connection as far as the SDP answer, which has all candidates. The viewer lives until run
// ends, and gives back its place then; where an error is returned there is none.
func (s *Server) connect(ctx, run context.Context, r *certs.SignedViewerRequest, terms *Terms) (*viewer, string, error) {
	v := &viewer{s: s, shown: s.shown[r.Camera], id: r.Viewer, owner: terms.Policy.Owner, epoch: terms.Cert.Epoch, opened: make(chan struct{})}
	v.ctx, v.cancel = context.WithCancelCause(run)
	var sdp string
	err := s.guard(func() (err error) {
		sdp, err = v.answer(ctx, r.SDP)
		return err
	})
	if err != nil {
		v.cancel(err)
		if v.pc != nil {
			v.close()
		}
		return nil, "", err
	}
	s.running.Go(v.run)
	if v.video {
		s.running.Go(v.sendVideo)
	}
	return v, sdp, nil
}

// answer opens the camera's half of the connection.
func (v *viewer) answer(ctx context.Context, offer string) (string, error) {
	api := v.s.mjpeg
	video := v.shown.video.there() && takes(offer, "video")
	if video {
		api = v.s.h264
	}
	var err error
	if v.pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: v.s.cfg.ICEServers}); err != nil {
		return "", fmt.Errorf("open connection: %w", err)
	}
	v.pc.OnConnectionStateChange(v.state)
	v.pc.OnDataChannel(v.accept)
	if video {
		if err := v.addTrack(); err != nil {
			return "", fmt.Errorf("add video: %w", err)
		}
	}
	if err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("take offer: %w", err)
	}
	answer, err := v.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("answer offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(v.pc)
	if err := v.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("answer offer: %w", err)
	}
	limit := time.NewTimer(gatherFor)
	defer limit.Stop()
	select {
	case <-gathered:
	case <-limit.C: // what there is by now must do
	case <-ctx.Done():
		return "", ctx.Err()
	case <-v.ctx.Done():
		return "", ErrStopped
	}
	sdp, err := withCandidates(v.pc.LocalDescription())
	if err != nil {
		return "", err
	}
	v.video = video && takes(sdp, "video") // the viewer may know no codec of ours
	return sdp, nil
}

// withCandidates returns the text of an answer whose candidates stand in a section that is in use. pion writes them
// into the first one; where that is a video section that the answer declines, browsers pass over them.
func withCandidates(d *webrtc.SessionDescription) (string, error) {
	p, err := d.Unmarshal()
	if err != nil {
		return "", fmt.Errorf("read own answer: %w", err)
	}
	if len(p.MediaDescriptions) == 0 {
		return "", errors.New("own answer has no section")
	}
	first := p.MediaDescriptions[0]
	if first.MediaName.Port.Value != 0 {
		return d.SDP, nil
	}
	for _, m := range p.MediaDescriptions[1:] {
		if m.MediaName.Port.Value != 0 {
			m.Attributes = append(m.Attributes, first.Attributes...)
			first.Attributes = nil
			break
		}
	}
	b, err := p.Marshal()
	if err != nil {
		return "", fmt.Errorf("write own answer: %w", err)
	}
	return string(b), nil
}

// state is told by pion.
func (v *viewer) state(st webrtc.PeerConnectionState) {
	switch st {
	case webrtc.PeerConnectionStateConnected:
		if v.connected.CompareAndSwap(false, true) {
			close(v.opened)
		}
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		v.cancel(errGone)
	}
}

// run waits for the end and cleans up.
func (v *viewer) run() {
	defer v.s.release()
	began := time.Now()
	v.cancel(v.wait())
	v.close()
	v.s.log.Info("live view ended", "viewer", v.id.Short(), "camera", v.shown.number, "after", time.Since(began).Round(time.Second),
		"frames", v.frames.Load(), "reason", context.Cause(v.ctx))
}

// wait returns why the viewer's time is over.
func (v *viewer) wait() error {
	limit := time.NewTimer(connectFor)
	defer limit.Stop()
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	opened := v.opened
	for {
		select {
		case <-v.ctx.Done():
			return context.Cause(v.ctx)
		case <-opened:
			v.s.log.Info("live view", "viewer", v.id.Short(), "camera", v.shown.number, "video", v.video)
			opened = nil
			limit.Stop()
		case <-limit.C:
			return errNoContact
		case <-look.C:
			if err := v.mayStay(); err != nil {
				return err
			}
		}
	}
}

// mayStay looks at the terms again: policies change and rights end while somebody watches.
func (v *viewer) mayStay() error {
	terms := v.s.cfg.Terms()
	if terms == nil || terms.Policy.Owner != v.owner || terms.Cert.Epoch != v.epoch { // its certificate may be renewed
		return errNewOwner
	}
	if terms.hides(v.shown.number) {
		return errHidden
	}
	if !allowed(terms, v.id, v.s.cfg.Synchronised(), time.Now()) {
		return errNotAllowed
	}
	return nil
}

// close ends the connection and waits for pion's goroutines, within reason.
func (v *viewer) close() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.pc.GracefulClose() // nothing can be done about an error
	}()
	limit := time.NewTimer(closeFor)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		v.s.log.Error("live view does not close", "viewer", v.id.Short())
	}
}

func (v *viewer) sent() {
	v.frames.Add(1)
	v.s.frames.Add(1)
}

// accept takes the viewer's one data channel.
func (v *viewer) accept(dc *webrtc.DataChannel) {
	if dc.Label() != channelLabel || v.video || !v.channel.CompareAndSwap(false, true) {
		return // stays silent
	}
	ctx, cancel := context.WithCancel(v.ctx)
	dc.OnClose(cancel)
	dc.OnOpen(func() { v.s.running.Go(func() { v.sendPictures(ctx, dc); cancel() }) })
}

// sendPictures sends the newest picture whenever the one before is on its way. Pictures in between are left out.
func (v *viewer) sendPictures(ctx context.Context, dc *webrtc.DataChannel) {
	newer, stop := v.shown.feed.watch()
	defer stop()
	room := make(chan struct{}, 1)
	dc.SetBufferedAmountLowThreshold(window - maxMessage)
	dc.OnBufferedAmountLow(func() { notify(room) })
	message := make([]byte, 0, maxMessage)
	for {
		select {
		case <-ctx.Done():
			return
		case <-newer:
		}
		p := v.shown.feed.newest.Load()
		n := chunks(len(p.jpeg))
		if n > maxChunks {
			continue
		}
		for i := range n {
			for dc.BufferedAmount() > window-maxMessage {
				select {
				case <-ctx.Done():
					return
				case <-room:
				}
			}
			message = appendChunk(message[:0], p, i)
			if dc.Send(message) != nil {
				return // the channel is closed, or will be
			}
		}
		v.sent()
	}
}

func (v *viewer) addTrack() error {
	t, err := webrtc.NewTrackLocalStaticSample(h264Capability("42e01f"), "video", "camera")
	if err != nil {
		return err
	}
	sender, err := v.pc.AddTrack(t)
	if err != nil {
		return err
	}
	v.track, v.sender = t, sender
	return nil
}

// sendVideo passes access units through, from a key frame on.
func (v *viewer) sendVideo() {
	select {
	case <-v.ctx.Done():
		return
	case <-v.opened:
	}
	v.s.running.Go(func() { // what the viewer reports: pion sends again what was lost
		b := make([]byte, 1500)
		for {
			if _, _, err := v.sender.Read(b); err != nil {
				return
			}
		}
	})
	queue, stop := v.shown.video.watch()
	defer stop()
	var before unit
	for {
		select {
		case <-v.ctx.Done():
			return
		case <-queue.wake:
		}
		for _, u := range queue.take() {
			// A sample's duration is the step to the next one; the last step stands for it.
			step := u.mono.Sub(before.mono)
			if before.data == nil || step <= 0 || step > time.Second {
				step = time.Second / 30
			}
			if err := v.track.WriteSample(media.Sample{Data: u.data, Duration: step}); err != nil {
				v.cancel(fmt.Errorf("send video: %w", err))
				return
			}
			v.sent()
			before = u
		}
	}
}
