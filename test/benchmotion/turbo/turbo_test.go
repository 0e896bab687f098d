package turbo

import (
	"context"
	"os"
	"strings"
	"testing"
)

// TestMeasure prints the table where SIGNET_TURBO names clips, separated by colons.
func TestMeasure(t *testing.T) {
	clips := os.Getenv("SIGNET_TURBO")
	if clips == "" {
		t.Skip("no clips in $SIGNET_TURBO")
	}
	_, err := Measure(context.Background(), strings.Split(clips, ":"), os.Stdout)
	if err != nil {
		t.Fatal(err)
	}
}
