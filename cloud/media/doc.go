// Package media keeps sealed clip parts as files that are named by the device that uploaded them and their SHA-256,
// and takes them in from cameras.
//
// # One invariant
//
// A file is there under its hash only whole, right and synced: it is written elsewhere, hashed on the way, synced,
// renamed, and its folder synced. A camera may put only what a bound record of its own names, by hash and size. What
// the index says about it is a hint: the record is read and asked again.
//
// A hash is no secret and no right: who names another device's file has not got it, does not learn that it exists, and
// must upload the bytes.
package media
