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
// pauses that end when a device appears. An uplink that is down changes nothing but that the spool grows.
//
// # Owners come and go
//
// own is the life: nobody's, somebody's, nobody's again, in one process. Each of the three has the cameras for itself, so that
// nothing of one is left in the next:
//
//	unowned  the cameras run while codes are looked for (agent/claiming), and else are closed
//	owned    they record, as the owner's policy wishes, until there is an ending: a release, a reset, a later epoch
//	end      what was seen is sealed, the epoch is closed by a last record, and its keys are destroyed
//
// What decides is in the state folder (agent/ownership) and changes from four sides: the uplink, the button, the lens, and
// other processes, for which the folder is watched. What was sealed before goes on to its owner meanwhile.
//
// # The end
//
// It ends in the direction of the flow: first the cameras, which end running events, then the recorder, which seals
// and signs what is queued, then the spool, which makes it durable.
package daemon
