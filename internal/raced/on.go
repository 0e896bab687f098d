//go:build race

// Package raced tells tests whether the race detector runs, which takes ten times as long.
package raced

// On tells so.
const On = true
