//go:build keep

package signet

import (
	_ "filippo.io/age"
	_ "github.com/BurntSushi/toml"
	_ "github.com/VictoriaMetrics/metrics"
	_ "github.com/blackjack/webcam"
	_ "github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	_ "github.com/chromedp/chromedp"
	_ "github.com/eclipse/paho.mqtt.golang"
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/fxamacker/cbor/v2"
	_ "github.com/google/uuid"
	_ "github.com/nats-io/jwt/v2"
	_ "github.com/nats-io/nats-server/v2/server"
	_ "github.com/nats-io/nats.go/jetstream"
	_ "github.com/nats-io/nkeys"
	_ "github.com/pion/webrtc/v4"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/veraison/go-cose"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/time/rate"
	_ "periph.io/x/conn/v3/gpio/gpiotest"
	_ "periph.io/x/host/v3/gpioioctl"
	_ "periph.io/x/host/v3/sysfs"
	_ "pgregory.net/rapid"
)
