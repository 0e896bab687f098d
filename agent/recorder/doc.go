// Package recorder turns what the capture pipeline reports into signed records: it seals pictures and facts to the
// owner, signs the record with the event key, puts it into the spool and hands clip parts to the uplink.
//
// The pipeline calls from its own goroutine and is never made to wait: work is queued, bounded in number and bytes,
// and done in order by Run. When flash or processor cannot keep up, clip parts are let go first, counted and logged.
// Plaintext exists in this queue only; what leaves it is ciphertext.
package recorder
