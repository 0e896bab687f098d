// Package session carries records from the spool to the cloud over MQTT, and what the cloud says back to the agent.
//
// # One invariant
//
// A record leaves the spool only on a receipt: signed by a cloud of the fleet, for this device, for a record that was
// sent on the connection on which the receipt came. A PUBACK is flow control and deletes nothing. What no receipt came for
// is sent again, on the same connection after a time that grows, and on the next one.
//
// # Order
//
// At most sixteen records are under way. They are chosen in this order:
//
//   - what has to be sent again,
//   - statements that others build on: claimed, online, closed. While a claimed is without an answer nothing of its epoch is
//     sent, and while a closed is nothing that follows it, since the cloud refuses records of a claim that it does not know.
//     A claim that a former owner may still object to has no answer for a day, in which what was sealed for him goes on, and,
//     once the cloud has had the time to note that claim, so does what follows its epoch: he may have the camera back. From
//     a cloud that forgot a claim the camera has made, a refusal is not taken for good at once (forgotten.go);
//   - live records: what was appended within the last minute, or while connected. An alarm overtakes the backlog;
//   - the backlog, oldest first, through a token bucket, and never in the last four places of the window.
//
// # The broker is not trusted
//
// It may drop what it acknowledged, send receipts of others, and send garbage. All of it is counted in [Stats] and
// changes nothing. paho.mqtt.golang is a transport for one connection here: it neither reconnects nor keeps anything. It
// would allocate what a packet's length announces, keep QoS 2 messages in memory and panic on a long SUBACK, so a guard on
// the connection (guard.go) lets through only the packets that a clean session at QoS 0 gets.
//
// # Concurrency
//
// One goroutine, in Run, owns the connection, the window and the choice of records. The hooks for what changes the ownership
// are called from a second one, the hook for viewers' requests from a third, so they may take their time; their queues are
// bounded, what does not fit is dropped and counted. The cloud sends grants, policies and releases again until a record says
// that they are in force; viewers ask again.
//
// # Certificates that change
//
// Each connection is made by what the dial.Ring holds then. When it holds another device certificate the connection ends and
// is made anew; a CA that changed and a certificate that the fleet revoked count from the next connection and the next
// receipt on.
package session
