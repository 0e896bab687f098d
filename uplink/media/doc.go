// Package media uploads sealed parts of clips: PUT /media/<sha256> over mutual TLS 1.3, after the record that names the
// part was receipted.
//
// # One invariant
//
// What is sent as a hash has that hash: it is compared when a part comes in and again when it comes back from flash. And
// what is given up or lost is reported through Config.Dropped, so that a signed gap can say so, and at each start again
// until Queue.Told says that it does.
//
// # Where parts are
//
// In memory, bounded in bytes. On flash, in Config.Dir, one file for each part, only when the uplink falls behind: the
// cloud is out of reach, or more than Config.SpillAbove waits in memory; and when Run ends. Files are
// what travels, sealed, mode 0600, named <sha256>.<boot>.<n> after the record that names the part, and are
// uploaded when the program starts again. Where flash is full too, the oldest part is given up. After a kill what was in
// memory is lost; a journal beside the folder knows which parts that were, and they are told at the next start.
//
// # Order
//
// One part at a time. The parts of the newest event go first, in their order; then older ones; what was left by an earlier
// run last, and not while their records are pending. Parts that come within a short time of each other are taken for one event.
//
// # Errors
//
// A 403 means that the cloud does not know the record yet: that part waits and the others go on. After a day of them it is
// given up. 429, 503 and 507 stop all
// of them for as long as Retry-After says. Everything else is tried again with growing, random pauses.
package media
