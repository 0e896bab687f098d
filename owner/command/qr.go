package command

import (
	"fmt"
	"io"
	"strings"

	"rsc.io/qr"

	"signet/certs"
	"signet/internal/cli"
)

// showCode writes a claim code as a QR code to the terminal.
func showCode(env cli.Env, code *certs.ClaimCode) error {
	text, err := code.Text()
	if err != nil {
		return err
	}
	return showQR(env.Stdout, text)
}

// showQR writes text as a QR code of error correction level M, two modules a character. It sets black on white itself, so
// that a dark terminal shows no negative.
func showQR(w io.Writer, text string) error {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return fmt.Errorf("draw code: %w", err)
	}
	const quiet = 4 // modules of white around it (ISO/IEC 18004)
	var b strings.Builder
	for y := -quiet; y < c.Size+quiet; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -quiet; x < c.Size+quiet; x++ {
			switch upper, lower := c.Black(x, y), c.Black(x, y+1); {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteRune(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// askWiFi returns the Wi-Fi that a code names, or nil where none is asked for. The passphrase is in no argument list.
func askWiFi(env cli.Env, ssid string) (*certs.WiFi, error) {
	if ssid == "" {
		return nil, nil
	}
	fmt.Fprintf(env.Stdout, "Passphrase of %s (it is shown; empty for an open network): ", printable(ssid))
	line, err := env.ReadLine()
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	return &certs.WiFi{SSID: []byte(ssid), Passphrase: []byte(line)}, nil
}
