package wire

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func FuzzRead(f *testing.F) {
	f.Add(`{"argv":["a"],"stdin":"AA==","timeout":5}`)
	f.Add(`{"argv":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Read[Command](strings.NewReader(text))
		if err != nil {
			return
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Read[Command](strings.NewReader(string(b))); err != nil || len(b) <= MaxMessage && !reflect.DeepEqual(normal(again), normal(c)) {
			t.Errorf("%+v becomes %+v, %v", c, again, err)
		}
	})
}

// normal makes an empty slice as good as none.
func normal(c Command) Command {
	c.Argv, c.Env, c.Stdin = append([]string{}, c.Argv...), append([]string{}, c.Env...), append([]byte{}, c.Stdin...)
	return c
}

func TestReadIsBounded(t *testing.T) {
	if _, err := Read[Result](strings.NewReader(`{"stdout":"` + strings.Repeat("x", MaxMessage) + `"}`)); err == nil {
		t.Error("a message without end is read")
	}
}
