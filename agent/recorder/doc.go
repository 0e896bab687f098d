// Package recorder turns what the capture pipeline reports into signed records: it seals pictures and facts to the
// owner, signs the record with the event key, puts it into the spool and hands clip parts to the uplink.
//
// Each camera of the device has a Lane, with its own event, facts and clock. Their pipelines call from their own
// goroutines and are never made to wait: work is queued, bounded in number and bytes, and done in order by Run. When the processor cannot keep up, clip parts are let go first. When the flash takes
// nothing, records wait, sealed, until it does; clip parts are let go, and a gap behind each one's record says so. What
// never became a record, for whatever reason, is counted and told in one that speaks of it.
//
// Plaintext exists in the queue only; what leaves it is ciphertext.
package recorder
