// Package certs holds what binds an event to exactly one owner: keys, certificates, claims, policies
// and the signed statements between camera, cloud and owner. It signs, verifies, seals and parses; it
// keeps no state and talks to nobody.
//
// # One invariant
//
// A record names its owner, and that name is only true if the path from the record's signature ends at
// that owner: the record is signed by an event key; the event key's certificate is issued by exactly one
// root; the SHA-256 of that root's public key is the owner id inside the record. Nothing else, no table
// and no lookup, says whose a record is:
//
//	rec, err := certs.ParseRecord(b)                                     // well-formed, not yet true
//	cert, err := certs.VerifyEventCertificate(event, root, rec.Owner)    // ends at this owner's root
//	err = rec.Verify(cert)                                               // signed by that key, for that device and epoch
//
// # One epoch
//
// An epoch of ownership begins with a claim and ends with a closing. Everything in between names the hash of the offer
// that began it, so that nothing of one epoch counts in another:
//
//	code := certs.NewClaimCode(owner, until)                             // owner: shown to the camera, never to the cloud
//	msg, err := certs.JoinOffer(offer, code.Secret, view)                // camera: signed by its device key
//	grant, err := owner.Grant(offer, policy)                             // owner: event certificate and first policy
//	grant, err = owner.GrantRenewal(offer, policy)                       // owner: another event key, the same epoch
//	release, err := certs.SignRelease(r, owner.Key)                      // owner: lets the camera go
//	closing, err := certs.SignClosing(c, deviceCert, deviceKey)          // camera: its last word, inside its last record
//
// Keys sit behind crypto.Signer. Where they are kept, a file or a TPM 2.0, stands in their certificates; see [KeyLevel].
//
// # Statements
//
// record.cddl beside this file is normative for all of them. A parser here refuses everything that is
// not the one encoding of what it returns. Every statement has a purpose that is signed with it, so a
// signature made for one purpose never serves another.
//
// # Sealing
//
// Pictures, facts and clip parts are age files (age-encryption.org/v1). The standard age command opens them.
//
// Functions are safe for concurrent use; values are not, unless they say so.
package certs
