package led

import "fmt"

// State is what the light can show.
type State int

// The states.
const (
	Starting  State = iota
	Unowned         // and nothing is looked for
	Looking         // for the owner's code
	CodeRead        // and the offer is being made, or the network joined
	Offered         // the owner has not said yes yet
	Refused         // a code that was shown
	Online          // owned, and nothing happens
	Recording       // an event
	Offline         // owned; recording goes on
	Failing         // no camera, or no storage
	Resetting       // the button is held
)

// row is one state as it is shown.
type row struct {
	name    string
	light   string // in words
	means   string // likewise
	pattern []int  // milliseconds on, off, on, off and so on, from the start again at the end. A single number is: on.
}

// steady is how often a light that does not blink is set again, in milliseconds: it mends what another hand did.
const steady = 10_000

// table has each state. Whoever looks on needs no clock: the patterns differ in what can be counted in a second or two.
var table = [...]row{
	Starting:  {"starting", "fast", "starting", []int{100, 100}},
	Unowned:   {"unowned", "half a second on, half a second off", "nobody owns the camera: press the button, then show it the code", []int{500, 500}},
	Looking:   {"looking", "two flashes a second", "looking for the owner's code", []int{100, 100, 100, 700}},
	CodeRead:  {"code read", "on, two short gaps a second", "the code was read", []int{700, 100, 100, 100}},
	Offered:   {"offered", "a long flash and a short one", "waiting for the owner to say yes", []int{600, 200, 100, 300}},
	Refused:   {"refused", "five flashes, a pause", "the code is not for this camera, or not good any more", []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 1000}},
	Online:    {"online", "on", "all is well", []int{steady}},
	Recording: {"recording", "on, a short gap each second", "an event is being recorded", []int{900, 100}},
	Offline:   {"offline", "a flash every two seconds", "recording goes on, the cloud cannot be reached", []int{100, 1900}},
	Failing:   {"failing", "three flashes, a pause", "a camera is missing", []int{100, 100, 100, 100, 100, 1000}},
	Resetting: {"resetting", "flickers", "the button is held: after ten seconds the camera has no owner; let go and nothing happens", []int{40, 40}},
}

// String returns the state in a word or two.
func (s State) String() string {
	if s < 0 || int(s) >= len(table) {
		return fmt.Sprintf("state %d", int(s))
	}
	return table[s].name
}
