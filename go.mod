module signet

go 1.26.0

require (
	filippo.io/age v1.3.2 // sealing
	github.com/BurntSushi/toml v1.6.0 // the agent's configuration; names unknown keys
	github.com/VictoriaMetrics/metrics v1.35.1 // the cloud's counters; small
	github.com/blackjack/webcam v0.6.1 // V4L2 streaming
	github.com/bluenviron/mediacommon/v2 v2.9.3 // fragmented MP4
	github.com/chromedp/cdproto v0.0.0-20250724212937-08a3db8b4327 // tests: see chromedp
	github.com/chromedp/chromedp v0.14.2 // tests: drives a real browser
	github.com/eclipse/paho.mqtt.golang v1.5.1 // MQTT, as a transport for one connection
	github.com/fsnotify/fsnotify v1.10.1 // configuration and grants take effect when they are written
	github.com/fxamacker/cbor/v2 v2.9.6 // deterministic CBOR, strict decoding
	github.com/google/go-tpm v0.9.8 // keys and count of ownerships in a TPM 2.0
	github.com/google/uuid v1.6.0 // device and event ids
	github.com/liyue201/goqr v0.0.0-20200803022322-df443203d4ea // tests: reads codes that we make
	github.com/nats-io/jwt/v2 v2.8.2 // cloud: answers of the auth callout
	github.com/nats-io/nats-server/v2 v2.15.2 // cloud: MQTT listener and streams in one process
	github.com/nats-io/nats.go v1.55.0 // cloud: its workers' connections
	github.com/nats-io/nkeys v0.4.16 // cloud: signs the answers of the auth callout
	github.com/pion/ice/v4 v4.4.2 // live view: see webrtc; which candidates are gathered
	github.com/pion/interceptor v0.1.48 // live view: see webrtc; only what video needs
	github.com/pion/logging v0.2.4 // live view: see webrtc; its log goes where ours goes
	github.com/pion/rtp v1.10.5 // live view: see webrtc; H.264 packets in tests
	github.com/pion/webrtc/v4 v4.2.20 // live view
	github.com/rogpeppe/go-internal v1.16.0 // tests: scripts of command lines
	github.com/tyler-smith/go-bip39 v1.1.0 // owner: the seed as words
	github.com/veraison/go-cose v1.3.0 // COSE_Sign1
	golang.org/x/sync v0.22.0 // errgroup
	golang.org/x/sys v0.49.0 // ioctl, clocks
	golang.org/x/time v0.16.0 // token buckets
	periph.io/x/conn/v3 v3.7.2 // GPIO
	periph.io/x/host/v3 v3.8.5 // GPIO lines of Linux; package gpioioctl only
	pgregory.net/rapid v1.2.0 // tests: histories with power cuts
	rsc.io/qr v0.2.0 // layout of codes: read by the lens, drawn in the owner's terminal
)

require (
	filippo.io/hpke v0.4.0 // indirect
	github.com/abema/go-mp4 v1.7.1 // indirect
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/chromedp/sysutil v1.1.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20250725192818-e39067aee2d2 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/gobwas/ws v1.4.0 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/jonboulle/clockwork v0.4.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/pion/datachannel v1.6.2 // indirect
	github.com/pion/dtls/v3 v3.1.8 // indirect
	github.com/pion/mdns/v2 v2.2.0 // indirect
	github.com/pion/randutil v0.1.0 // indirect
	github.com/pion/rtcp v1.2.17 // indirect
	github.com/pion/sctp v1.11.1 // indirect
	github.com/pion/sdp/v3 v3.0.19 // indirect
	github.com/pion/srtp/v3 v3.0.13 // indirect
	github.com/pion/stun/v4 v4.0.0 // indirect
	github.com/pion/transport/v4 v4.1.0 // indirect
	github.com/pion/turn/v5 v5.1.0 // indirect
	github.com/valyala/fastrand v1.1.0 // indirect
	github.com/valyala/histogram v1.2.0 // indirect
	github.com/wlynxg/anet v0.0.5 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/tools v0.49.0 // indirect
)
