package session

import (
	"github.com/fxamacker/cbor/v2"

	"signet/certs"
)

// envelope is a record as far as its type: the inside of a COSE_Sign1 (certs/record.cddl).
type envelope struct {
	_           struct{} `cbor:",toarray"`
	Protected   cbor.RawMessage
	Unprotected cbor.RawMessage
	Payload     []byte
	Signature   cbor.RawMessage
}

type body struct {
	Epoch uint64           `cbor:"3,keyasint"`
	Type  certs.RecordType `cbor:"8,keyasint"`
}

// kindOf returns type and epoch of a record of this camera's own spool; its type is 0 where it is none. It looks at nothing
// else: certs.ParseRecord costs many times as much, and a full spool is looked through before the first connection.
func kindOf(record []byte) (b body) {
	var e envelope
	if len(record) == 0 || cbor.Unmarshal(record[1:], &e) != nil || cbor.Unmarshal(e.Payload, &b) != nil {
		return body{}
	}
	return b
}
