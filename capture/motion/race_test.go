//go:build race

package motion

const raced = true
