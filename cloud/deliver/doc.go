// Package deliver is the owner's side of the cloud: it hands an owner the records that name this owner, and nothing
// else (docs/protocol.md).
//
// # One invariant
//
// A session is the proof of an owner key. Before the bytes of a record or of its pictures leave, the record is parsed
// again and the owner id inside it is compared with the session's. Where the record was found does not count: what
// names another owner is counted, logged and kept back. And before anything leaves, a row in the access stream says so.
//
// Nothing may be cached. There are no cookies, so no other page can use a session.
package deliver
