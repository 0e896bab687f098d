package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"signet/test/boards/board"
)

// scenarios are all that is tried, in this order.
func scenarios() []scenario {
	return slices.Concat(vividScenarios(), piScenarios(), webcamScenarios(), ownedScenarios(), lensScenarios(), powerScenarios(), chipScenarios())
}

func piScenarios() []scenario {
	return []scenario{
		{board: board.Pi, driver: "dwc2", name: "network over USB", run: func(ctx context.Context, b *bench) error {
			out, err := b.Output(ctx, "cat", "/proc/device-tree/model")
			if err == nil && !strings.Contains(out, "Raspberry Pi 2") {
				err = fmt.Errorf("the board is a %s", out)
			}
			return err
		}},
	}
}
