// Package claiming is how a camera that nobody owns finds its owner through its own lens: a state machine that is told which
// codes the cameras saw, and says what is to be done and shown.
//
//	Closed ──Open──▶ Looking ──code read──▶ CodeRead ──▶ (Joining) ──▶ Offered ──no grant in two minutes,
//	   ▲                │  ▲  ▲                 │             │        or a press of the button
//	   └─window over────┘  │  └──5 s── Refused ◀┴─────────────┘                  │
//	                       └─────────────────────────────────────────────────────┘
//
// It has no camera, network or flash of its own: those come as functions, so that its life can be played in a test. It ends
// when the camera has an owner, which others know: then Run's context ends.
//
// # One invariant
//
// Codes are read in Looking alone, and Looking lasts no longer than the window: ten minutes after the start or a press of the
// button. What is read at any other time changes nothing. A code is a stranger's: until it has been checked nothing is done
// for it, and what is wrong with it is logged once for each code, without the code.
//
//	c := claiming.New(claiming.Config{Window: 10 * time.Minute, Check: check, Offer: offer, Show: show, Log: log})
//	c.Open()                                     // power-on, a press of the button
//	go c.Run(ctx)                                // ctx ends when there is an owner
//	c.Saw(claiming.Sighting{Text: text, View: jpeg}) // from a camera, while c.Looking()
package claiming
