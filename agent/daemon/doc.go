// Package daemon is the agent at work: it joins cameras, recorder, spool, uplink, live view and board, and keeps each
// going when another fails.
//
//	camera ─▶ moment.Pipeline ─┬▶ recorder ─▶ spool ─▶ session ─▶ cloud
//	camera ─▶ moment.Pipeline ─┘        └──▶ media ──▶ cloud
//	                 └─ frames ─▶ live
//
// Each camera has a goroutine, a pipeline with its own memory and a lane of the recorder; nothing that happens to one
// reaches another.
//
// A camera that goes away ends its event properly, leaves a tamper record and is opened again, for ever, with growing
// pauses that end when a device appears. An uplink that is down changes nothing but that the spool grows. A camera without an owner records nothing
// and waits for a grant.
//
// It ends in the direction of the flow: first the cameras, which end running events, then the recorder, which seals
// and signs what is queued, then the spool, which makes it durable.
package daemon
