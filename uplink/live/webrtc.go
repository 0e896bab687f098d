package live

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// How long a viewer may be silent. Browsers send something every few seconds (RFC 7675).
const (
	silentAfter = 5 * time.Second
	goneAfter   = 10 * time.Second
	keepAlive   = 2 * time.Second
)

// newAPI sets pion up for data channels, and for one H.264 track where that is wanted.
//
// Addresses: UDP only, loopback too, so that a browser on the camera's own machine works without any network. The
// .local names behind which browsers hide their addresses are not looked up: the browser finds the camera by the
// addresses in the answer, and the camera learns the browser's from its first packet.
func newAPI(log *slog.Logger, video bool) (*webrtc.API, error) {
	var e webrtc.SettingEngine
	e.LoggerFactory = logFactory{log}
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(silentAfter, goneAfter, keepAlive)
	e.SetSCTPMaxReceiveBufferSize(64 << 10) // viewers have nothing to say
	m, r := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if video {
		if err := registerH264(m); err != nil {
			return nil, fmt.Errorf("set up live view: %w", err)
		}
		if err := webrtc.ConfigureNack(m, r); err != nil {
			return nil, fmt.Errorf("set up live view: %w", err)
		}
		if err := webrtc.ConfigureRTCPReports(r); err != nil {
			return nil, fmt.Errorf("set up live view: %w", err)
		}
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r)), nil
}

// registerH264 names the profiles that browsers offer: baseline, constrained baseline, main and high. Decoders play
// what the stream's own parameter sets say.
func registerH264(m *webrtc.MediaEngine) error {
	for i, profile := range []string{"42e01f", "42001f", "4d001f", "64001f", "640c1f"} {
		c := webrtc.RTPCodecParameters{
			RTPCodecCapability: h264Capability(profile),
			PayloadType:        webrtc.PayloadType(96 + i),
		}
		if err := m.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	return nil
}

func h264Capability(profile string) webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType:     webrtc.MimeTypeH264,
		ClockRate:    90000,
		SDPFmtpLine:  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}},
	}
}

// logFactory passes on what pion says, as debug: what matters to people is logged where it is decided.
type logFactory struct{ log *slog.Logger }

func (f logFactory) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{f.log.With("pion", scope)}
}

type pionLog struct{ *slog.Logger }

func (l pionLog) Trace(string)                   {}
func (l pionLog) Tracef(string, ...any)          {}
func (l pionLog) Debug(string)                   {}
func (l pionLog) Debugf(string, ...any)          {}
func (l pionLog) Info(m string)                  { l.Logger.Debug(m) }
func (l pionLog) Infof(format string, a ...any)  { l.Logger.Debug(fmt.Sprintf(format, a...)) }
func (l pionLog) Warn(m string)                  { l.Logger.Debug(m) }
func (l pionLog) Warnf(format string, a ...any)  { l.Logger.Debug(fmt.Sprintf(format, a...)) }
func (l pionLog) Error(m string)                 { l.Logger.Debug(m) }
func (l pionLog) Errorf(format string, a ...any) { l.Logger.Debug(fmt.Sprintf(format, a...)) }
