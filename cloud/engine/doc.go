// Package engine runs the one engine of the cloud inside this process: nats-server with its MQTT listener over mutual
// TLS 1.3 and JetStream in one folder, synced on every write.
//
// # One invariant
//
// A connection is a device. The MQTT client id, the SAN of the device certificate (issued by the fleet CA) and the
// second-last segment of every topic that the connection may use are the same device id; whoever differs is refused.
//
// # Streams
//
//	INCOMING    in.<partition>.<device>            what cameras sent, until it is decided; in memory, for only a receipt counts
//	BIND        bind.dev.<device>                  ledger entries
//	            bind.chain.<x5t>                   event certificate and root, to verify with
//	            bind.want.<device>.<sha256>        which bound record announced a clip part
//	            bind.own.<owner>.<device>          which bound record was the newest claim
//	            bind.part.<owner>.<device>         that an owner has a part in the ledger entry of a device
//	            bind.rec.<owner>.<device>.<boot>.<n>  bound records with their pictures, as they came
//	QUARANTINE  quarantine.<device>.<reason>       refused, kept, never delivered
//	STATUS      signet.v1.<device>.status          the last word of each camera about its connection;
//	            status.<device>                    told there once it is stored
//	ACCESS      access.<owner>                     who was given what, written before it was given
//
// Ledger entries and records share one stream, so that a record can be stored on the condition that the entry it was
// checked against still stands. BIND is read at its leader only (AllowDirect off): a direct read may be stale.
//
// # Revocation
//
// What counts is the certificate of the connection on which a message came. A connection with a revoked one is refused,
// a live one is closed (Expel), and what came on it and is not decided yet is found by the time at which it came
// (Revoked). The same device with a certificate of another serial number is let in.
//
// Open starts everything and returns when it answers; Close ends it and leaves no goroutine behind.
package engine
