package perturb

import "time"

// Case is a disturbance that a camera in a house meets, in the strength in which it meets it. In an empty
// room none is an event.
type Case struct {
	Name string
	Held bool // see Options
	Mild bool // a detector notices it hardly: what it finds without, it finds with it
	Make func(seed uint64) Effect
}

// Cases returns the list. Switches come at multiples of five seconds.
func Cases() []Case {
	const second, ms = time.Second, time.Millisecond
	return []Case{
		{Name: "nothing", Mild: true, Make: func(uint64) Effect { return Chain{} }},

		{Name: "gain steps", Mild: true, Make: func(s uint64) Effect { return Steps{Seed: s, Stops: 0.4, Every: 2 * second} }},
		{Name: "gain ramp", Make: func(uint64) Effect { return Ramp{Stops: -1.5, Over: 5 * second} }},
		{Name: "exposure dips", Mild: true, Make: func(s uint64) Effect {
			return Dips{Seed: s, Stops: 1, Every: 4 * second, Fall: 150 * ms, Recover: 700 * ms}
		}},
		{Name: "white balance", Mild: true, Make: func(s uint64) Effect { return WhiteBalance{Seed: s, Levels: 15, Every: 3 * second} }},
		{Name: "focus hunting", Make: func(uint64) Effect { return &Focus{Pixels: 3, Every: 5 * second, Hunt: 1500 * ms} }},

		{Name: "flicker 50 Hz", Mild: true, Make: func(uint64) Effect {
			return Flicker{Hertz: 50.04, Depth: 0.3, Exposure: 0.004, Readout: 0.025}
		}},
		{Name: "flicker 60 Hz", Mild: true, Make: func(uint64) Effect {
			return Flicker{Hertz: 59.7, Depth: 0.3, Exposure: 0.004, Readout: 0.025}
		}},
		{Name: "flicker, strong", Make: func(uint64) Effect {
			return Flicker{Hertz: 50.23, Depth: 0.6, Exposure: 0.002, Readout: 0.030}
		}},

		{Name: "night", Make: func(s uint64) Effect {
			return Chain{Gain{Stops: -1}, &Noise{Seed: s, Grey: 8, Rows: 0.7, Colour: 4}}
		}},
		{Name: "night, grainy", Make: func(s uint64) Effect { return &Noise{Seed: s, Grey: 9, Grain: 3, Rows: 1.5, Colour: 5} }},
		{Name: "IR-cut", Make: func(uint64) Effect { return &IRCut{Stops: -0.3, Every: 5 * second, Settle: 400 * ms} }},

		{Name: "lamp", Make: func(uint64) Effect { return &Lamp{Stops: 1.3, Every: 5 * second, Edge: 60} }},
		{Name: "lamp, faint", Make: func(uint64) Effect {
			return &Lamp{Stops: 0.4, Every: 5 * second, Rise: 150 * ms, Edge: 150, Left: true}
		}},
		{Name: "television", Make: func(s uint64) Effect { return &Television{Seed: s, Stops: 1, Shot: 1800 * ms} }},
		{Name: "headlights", Make: func(s uint64) Effect {
			return &Headlights{Seed: s, Stops: 1, Every: 5 * second, Sweep: 2 * second, Width: 260}
		}},
		{Name: "clouds", Mild: true, Make: func(s uint64) Effect { return &Clouds{Seed: s, Stops: 1.2, Every: 8 * second} }},
		{Name: "clouds, fast", Make: func(s uint64) Effect {
			return &Clouds{Seed: s, Stops: 1.2, Every: 5 * second, Size: 1.5}
		}},
		{Name: "sunrise", Held: true, Make: func(uint64) Effect { return &Sunrise{Stops: 2.5, Over: 10 * second} }},
		{Name: "leaves", Make: func(s uint64) Effect {
			return &Leaves{Seed: s, Stops: 0.8, Size: 22, Sway: 7, Hertz: 0.7, Gust: 3 * second, Share: 0.6}
		}},
		{Name: "leaves, storm", Make: func(s uint64) Effect {
			return &Leaves{Seed: s, Stops: 1.2, Size: 30, Sway: 18, Hertz: 1.1, Gust: 2 * second}
		}},

		{Name: "rain", Mild: true, Make: func(s uint64) Effect {
			return Rain{Seed: s, Rate: 120, Speed: 1200, Exposure: 0.02, Width: 1.2, Grey: 35, Slant: 0.1, Rise: 3 * second}
		}},
		{Name: "rain, heavy", Make: func(s uint64) Effect {
			return Rain{Seed: s, Rate: 500, Speed: 1200, Exposure: 0.03, Width: 1.5, Grey: 60, Slant: 0.25, Rise: 5 * second}
		}},
		{Name: "snow", Make: func(s uint64) Effect {
			return Rain{Seed: s, Rate: 60, Speed: 130, Exposure: 0.02, Width: 3, Grey: 60, Slant: 0.3}
		}},

		{Name: "sway 1 px", Mild: true, Make: func(s uint64) Effect { return &Sway{Seed: s, Pixels: 1, Hertz: 2.3} }},
		{Name: "sway 3 px", Make: func(s uint64) Effect { return &Sway{Seed: s, Pixels: 3, Hertz: 1.3} }},
		{Name: "wander 2 px", Make: func(s uint64) Effect { return &Wander{Seed: s, Pixels: 2, Hertz: 0.5} }},
		{Name: "wander 4 px", Make: func(s uint64) Effect { return &Wander{Seed: s, Pixels: 4, Hertz: 1.5} }},
		{Name: "knocks", Make: func(s uint64) Effect {
			return &Knocks{Seed: s, Pixels: 4, Every: 5 * second, Hertz: 3, Rest: 400 * ms}
		}},
		{Name: "knocks that stay", Make: func(s uint64) Effect {
			return &Knocks{Seed: s, Pixels: 3, Every: 5 * second, Hertz: 3, Rest: 300 * ms, Stays: 2}
		}},

		{Name: "quality", Mild: true, Make: func(uint64) Effect { return Quality{Low: 30, High: 90, Every: 2 * second} }},
		{Name: "quality, poor", Mild: true, Make: func(uint64) Effect { return Quality{Low: 10, High: 95, Every: second} }},
		{Name: "drops", Mild: true, Make: func(s uint64) Effect {
			return Drop{Seed: s, Share: 0.2, Every: 5 * second, Burst: 700 * ms}
		}},
		{Name: "stutter", Make: func(uint64) Effect { return &Stutter{Every: 5 * second, Hold: 1500 * ms} }},
		{Name: "clock", Held: true, Mild: true, Make: func(uint64) Effect { return Clock{} }},
		{Name: "clock, large, with tenths", Held: true, Make: func(uint64) Effect { return Clock{Size: 3, Tenths: true, Bare: true} }},

		{Name: "stormy day", Make: func(s uint64) Effect {
			return Chain{
				&Clouds{Seed: s, Stops: 0.8, Every: 6 * second},
				&Leaves{Seed: s, Stops: 0.6, Size: 20, Sway: 8, Hertz: 0.8, Gust: 2 * second, Share: 0.7},
				&Sway{Seed: s, Pixels: 1, Hertz: 1.7},
			}
		}},
		{Name: "rainy night", Held: true, Make: func(s uint64) Effect {
			return Chain{
				Gain{Stops: -1},
				Rain{Seed: s, Rate: 200, Speed: 1200, Exposure: 0.03, Width: 1.5, Grey: 50, Slant: 0.2, Rise: 4 * second},
				&Noise{Seed: s, Grey: 6, Rows: 0.5, Colour: 3},
				Clock{},
			}
		}},
		{Name: "dark room, cars outside", Held: true, Make: func(s uint64) Effect {
			return Chain{
				Gain{Stops: -2},
				&Headlights{Seed: s, Stops: 2, Every: 5 * second, Sweep: 2 * second, Width: 220},
				&Noise{Seed: s, Grey: 4, Colour: 2},
			}
		}},
	}
}
