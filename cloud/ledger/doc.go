// Package ledger keeps, for each device, the claims that the cloud has seen: who was offered which epoch, in the
// device's own signature, and where an epoch was closed.
//
// # One invariant
//
// The ledger may veto, never choose. It is shown a record's own claim and answers with nil or with a reason why not.
// No function of this package returns an owner, and a test holds that. An entry is made of offers, each signed by the
// device that it is about, so a damaged, forged or swapped entry can refuse records but not move them.
package ledger
