// Package daemon is the agent at work: it joins camera, recorder, spool, uplink, live view and board, and keeps each
// going when another fails.
//
//	camera ─▶ moment.Pipeline ─▶ recorder ─▶ spool ─▶ session ─▶ cloud
//	                 └─ frames ─▶ live            └──▶ media ──▶ cloud
//
// A camera that goes away ends its event properly, leaves a tamper record and is opened again, for ever, with growing
// pauses. An uplink that is down changes nothing but that the spool grows. A camera without an owner records nothing
// and waits for a grant.
//
// It ends in the direction of the flow: first the camera, which ends a running event, then the recorder, which seals
// and signs what is queued, then the spool, which makes it durable.
package daemon
