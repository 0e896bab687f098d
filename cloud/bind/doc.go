// Package bind decides what becomes of each record that a camera sends: bound to the owner that the record itself
// names, or put into quarantine with a reason. Nothing third happens to it, but that it stays in the camera: while its claim
// waits (see package ledger) it is neither bound nor refused, and has no receipt.
//
// # One invariant
//
// What is bound was signed by an event key whose certificate ends at exactly one root, the one whose fingerprint is the
// owner id inside the record, and the device on whose connection it came is the one in record and certificate. Nothing
// here looks an owner up. The ledger may object; what it objects to is refused.
//
// # Cameras that lost count
//
// A camera whose state was set back may be in an epoch that is over, or offer one that was. Whoever sends records or offers
// of such an epoch is sent its own newest offer, by which it finds out.
//
// # Receipts
//
// A camera forgets a record only on a receipt. A receipt is signed after the record, with its pictures, is on the disk
// in the BIND stream, or, for a refusal, in quarantine. Receipts name what was decided since the last one.
//
// When this process cannot decide (a full disk, a stream that does not answer) it says nothing: the camera sends again.
package bind
