// Package ledger keeps, for each device, what was signed about its ownership: who was offered which epoch, which event keys
// followed, how each epoch ended, and what its owner said about that.
//
// # One invariant
//
// The ledger may veto, never choose. It is shown a record's own claim and answers with nil or with a reason why not.
// No function of this package returns an owner, and a test holds that. An entry is made of statements, each signed by the
// device or the owner that it is about and verified again whenever it is read, so a damaged, forged or swapped entry can
// refuse records but not move them. Besides them it holds only this cloud's own times: when it first heard of each.
//
// # Which claim is bound
//
// The first one; then each with a higher epoch whose owner is the same, or whom the owner before has let go ahead by his
// release. Any other waits for a day from the moment that the cloud first heard of the reset or of the claim, is bound then
// without anybody's doing, and is refused when the owner before has marked the camera as lost by then. What is bound stays
// bound. While a claim waits, its records are neither bound nor refused; its evidence is here, so that whatever is missing
// (a release, the closing, time) may come in any order.
//
// # Revocation
//
// A claim counts if its device certificate was not revoked when the cloud first heard of it; whoever notes it asks. What was
// noted before stays: the records of an epoch are signed by the event key that its owner has certified, and go on when
// the device is given another certificate.
package ledger
