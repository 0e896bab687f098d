// Package deliver is the owner's side of the cloud: it hands an owner the records that name this owner, and a viewer those
// that the owner's policy lets him have, and nothing else (docs/protocol.md).
//
// # One invariant
//
// A session is the proof of a key. Before the bytes of a record or of its pictures leave, the record is parsed again, and
// the owner id inside it is that key's, or the newest policy that this very owner has signed for the record's camera and
// epoch names the key. Policies are read and verified anew for each request, and by a stream at each word of a change and at
// each heartbeat; where a record or a policy was found does not count. What names somebody else is counted, logged and kept
// back. And before anything leaves, a row in the access stream says so, and to whom.
//
// # What owners sign
//
// Grants, policies, releases and lost marks are taken from their author only, and kept by packages mail and ledger.
//
// Nothing may be cached. There are no cookies, so no other page can use a session.
package deliver
