// Package board is the hardware of a camera that is not the camera: a status light and a button, each on a GPIO line
// that the configuration names. Where it names none, nothing of the hardware is touched, not even looked for.
//
// Lines are driven through periph.io; what this package and those below it take is periph's gpio.PinOut and
// gpio.PinIn, so that any pin of periph's, or a played-back one, can stand there.
//
//	b, err := board.New(board.Config{LED: "GPIO17", Button: "gpiochip0:4", ButtonActiveLow: true, OnButton: told})
//	go b.Run(ctx)
//	b.Show(led.Online)
package board

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"signet/board/button"
	"signet/board/led"
)

// Config names the lines and says what to do with them.
type Config struct {
	LED             string // empty: none
	LEDActiveLow    bool   // the light is on when the line is low
	Button          string // empty: none
	ButtonActiveLow bool   // pressing pulls the line low; the line is then pulled up, else down
	OnButton        func(button.Event)
	Log             *slog.Logger
}

// Board is the light and the button. New takes the lines, Run uses them and lets go of them.
type Board struct {
	light  *led.LED
	button *button.Button
	free   []func()
}

// New finds the lines. The error names a line that does not exist, and some that do.
func New(c Config) (*Board, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	b := new(Board)
	if c.LED == "" && c.Button == "" {
		return b, nil
	}
	if c.LED == c.Button {
		return nil, fmt.Errorf("board.led and board.button are both on GPIO line %q", c.LED)
	}
	chips, err := chips()
	if err != nil {
		return nil, fmt.Errorf("GPIO lines for board.led %q, board.button %q: %w", c.LED, c.Button, err)
	}
	if c.LED != "" {
		line, err := find(chips, c.LED)
		if err != nil {
			return nil, fmt.Errorf("board.led: %w", err)
		}
		b.light = led.New(line, c.LEDActiveLow, c.Log)
		b.free = append(b.free, line.Close)
	}
	if c.Button != "" {
		line, err := find(chips, c.Button)
		if err != nil {
			return nil, fmt.Errorf("board.button: %w", err)
		}
		b.button = button.New(line, c.ButtonActiveLow, c.OnButton, c.Log)
		b.free = append(b.free, line.Close)
	}
	return b, nil
}

// Show has the light show a state. It returns at once and may be called concurrently, before Run too.
func (b *Board) Show(s led.State) {
	if b.light != nil {
		b.light.Show(s)
	}
}

// Run works until ctx ends and returns ctx.Err(); the light is off then. Trouble with the hardware is logged and
// tried again: it is no reason for a camera to stop.
func (b *Board) Run(ctx context.Context) error {
	var g sync.WaitGroup
	if b.light != nil {
		g.Go(func() { _ = b.light.Run(ctx) })
	}
	if b.button != nil {
		g.Go(func() { _ = b.button.Run(ctx) })
	}
	<-ctx.Done()
	g.Wait()
	for _, free := range b.free {
		free()
	}
	return ctx.Err()
}
