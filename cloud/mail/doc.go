// Package mail keeps what the cloud carries between owners and cameras besides records: offers from cameras; grants,
// policies and releases from owners (docs/protocol.md, "Ownership").
//
// # One invariant
//
// Everything here is signed by its author, and is verified again whenever it is read. Where a statement was found proves
// nothing: one that does not name the device and the owner under whom it stands, or that the owner's key has not signed,
// is counted, logged and not sent. So a pointer or an entry may be wrong; then nothing is sent, never the wrong thing.
//
// # How it is kept
//
//	MAIL  mail.<device>.<owner>.grant|policy|release|renewal  the newest statement of each kind
//	      view.<viewer>.<device>.<owner>                      that a policy may name this viewer: a pointer, no more
//
// Claims are kept in memory only, for three minutes: a camera that waits for its grant sends its offer every 5 s.
//
// # How it is sent
//
// What a camera shall have in force is sent when it is new, when the camera connects, and each minute until a bound record
// shows that it is in force. Nothing waits in a queue for a camera, and nothing is sent of an epoch that has ended.
package mail
