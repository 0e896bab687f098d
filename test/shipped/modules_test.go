package shipped_test

import (
	"debug/buildinfo"
	"testing"
)

// linked is every module that may be in the agent, and what for. What is not here does not get onto a camera by
// accident; what is here and not used is struck off.
var linked = map[string]string{
	"filippo.io/age":                       "seals pictures, facts and clips",
	"filippo.io/hpke":                      "of age: hybrid post-quantum recipients",
	"github.com/BurntSushi/toml":           "the configuration",
	"github.com/blackjack/webcam":          "V4L2",
	"github.com/bluenviron/mediacommon/v2": "reads H.264 parameter sets",
	"github.com/eclipse/paho.mqtt.golang":  "MQTT, one connection at a time",
	"github.com/fsnotify/fsnotify":         "sees the configuration and the state folder change",
	"github.com/fxamacker/cbor/v2":         "deterministic CBOR of records",
	"github.com/google/go-tpm":             "keys and count of ownerships in a TPM 2.0",
	"github.com/google/uuid":               "device and event ids",
	"github.com/gorilla/websocket":         "of paho: MQTT over WebSocket, which is not used but cannot be left out",
	"github.com/veraison/go-cose":          "COSE_Sign1 of records",
	"github.com/x448/float16":              "of cbor",

	"github.com/pion/webrtc/v4":    "live view",
	"github.com/pion/datachannel":  "of webrtc",
	"github.com/pion/dtls/v3":      "of webrtc",
	"github.com/pion/ice/v4":       "of webrtc",
	"github.com/pion/interceptor":  "of webrtc",
	"github.com/pion/logging":      "of webrtc",
	"github.com/pion/mdns/v2":      "of webrtc",
	"github.com/pion/randutil":     "of webrtc",
	"github.com/pion/rtcp":         "of webrtc",
	"github.com/pion/rtp":          "of webrtc",
	"github.com/pion/sctp":         "of webrtc",
	"github.com/pion/sdp/v3":       "of webrtc",
	"github.com/pion/srtp/v3":      "of webrtc",
	"github.com/pion/stun/v4":      "of webrtc",
	"github.com/pion/transport/v4": "of webrtc",
	"github.com/pion/turn/v5":      "of webrtc",
	"github.com/wlynxg/anet":       "of webrtc: network interfaces",

	"rsc.io/qr": "layout of claim codes before the lens",

	"golang.org/x/crypto": "of age: ChaCha20-Poly1305, scrypt",
	"golang.org/x/net":    "of paho and webrtc: proxies, packet options",
	"golang.org/x/sync":   "goroutines that end together",
	"golang.org/x/sys":    "clocks, V4L2 and GPIO calls",
	"golang.org/x/time":   "drains the backlog at a bounded rate",

	"periph.io/x/conn/v3": "GPIO pins as interfaces",
	"periph.io/x/host/v3": "GPIO lines of the kernel",
}

func TestModules(t *testing.T) {
	info, err := buildinfo.ReadFile(armv7.agent(t))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range info.Deps {
		there[m.Path] = true
		if linked[m.Path] == "" {
			t.Errorf("%s %s is linked into signet-agent: what for?", m.Path, m.Version)
		}
	}
	for path := range linked {
		if !there[path] {
			t.Errorf("%s is no longer linked into signet-agent: strike it off", path)
		}
	}
}
