// Package spool keeps signed records on flash until the cloud's receipt.
//
// It is an append-only log. One invariant carries everything else: a record is shown to the reader,
// and so can be published, only after it is synced; once shown it stays until it is acknowledged,
// set aside as refused, or dropped for want of room, and whatever is dropped or lost is listed by
// [Spool.Gaps] until a gap record is written. Records and their media are opaque bytes here, and
// already ciphertext where they must be.
//
// # Positions
//
// The spool gives each record its [Position]: the boot counter, raised durably by [Open], and n, counted
// from 1. The record is signed over its position, so [Spool.Append] calls back with it. No position is
// ever given to two records, not even across a power cut.
//
// # On disk
//
// A folder (0700) of files (0600), sizes little endian:
//
//	00000001.seg …   segments: frames one after the other; the newest is appended to
//	state            the boot counter and what became of records: acknowledged, refused, dropped
//	refused          records that the cloud refused, with its reason; refused.1 is the one before
//	lock             held while a process has the spool open
//
// A frame is a mark, a CRC-32C, a length, the position, and the bytes (see frame.go). A frame that does not
// hold at the end of the newest segment is a torn write and is cut; anywhere else the frames
// after it are still found, and what is missing becomes a gap.
//
// # Flash
//
// Only appending and its sync touch the flash for a record. Receipts are noted in memory, written
// without a sync within [Options.SyncEvery], and synced only before a segment is removed: after a power cut
// some acknowledged records are sent again, which the cloud knows as duplicates.
//
// # Use
//
//	s, err := spool.Open("/var/lib/signet/spool", spool.Options{Log: log})
//	go s.Run(ctx) // syncs groups, removes what is acknowledged
//	pos, err := s.Append(spool.Urgent, func(p spool.Position) (spool.Entry, error) { … sign … })
//	for _, it := range s.Pending(spool.Position{}, 16) { e, err := s.Read(it.Position); … publish … }
//	s.Ack(ranges...)
//	defer s.Close() // after Run has returned
//
// All methods may be called concurrently. Append, Sync, Refuse and Close take turns and wait for
// the flash; Pending, Read and Ack never wait for a sync.
package spool
