//go:build !race

package perturb

const raced = false
