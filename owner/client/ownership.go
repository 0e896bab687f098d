package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"signet/certs"
)

// A Statement is something that the owner signs for a camera or for the cloud. Its value is where it is posted.
type Statement string

// Statements that [Client.Post] carries.
const (
	Grants   Statement = "grants"
	Policies Statement = "policies"
	Releases Statement = "releases"
	LostOnes Statement = "lost"
)

// Limits of what the cloud keeps for an owner.
const (
	maxOffers   = 64
	maxPolicies = 1024
	maxPolicy   = 64 << 10
)

// Offer is a camera's answer to a claim or a renewal, as the cloud carries it: bytes, not yet verified.
type Offer struct {
	Received time.Time // by the cloud's clock
	Message  []byte
}

type offerItem struct {
	_        struct{} `cbor:",toarray"`
	Received uint64
	Message  []byte
}

// Offers returns what cameras offer to this owner now.
func (c *Client) Offers(ctx context.Context) ([]Offer, error) {
	b, err := c.get(ctx, "/api/v1/offers", maxOffers*(certs.MaxOfferMessage+32))
	if err != nil {
		return nil, fmt.Errorf("get offers: %w", err)
	}
	items, err := sequence[offerItem](b, maxOffers)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	var out []Offer
	for _, it := range items {
		if len(it.Message) > certs.MaxOfferMessage {
			return nil, fmt.Errorf("read offers: one of %d bytes", len(it.Message))
		}
		out = append(out, Offer{time.UnixMilli(int64(min(it.Received, 1<<50))), it.Message})
	}
	return out, nil
}

// Policies returns the newest policy of each camera that is this owner's, or that lets this owner view: bytes, not yet
// verified.
func (c *Client) Policies(ctx context.Context) ([][]byte, error) {
	b, err := c.get(ctx, "/api/v1/policies", maxPolicies*maxPolicy)
	if err != nil {
		return nil, fmt.Errorf("get policies: %w", err)
	}
	out, err := sequence[[]byte](b, maxPolicies)
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	for _, p := range out {
		if len(p) > maxPolicy {
			return nil, fmt.Errorf("read policies: one of %d bytes", len(p))
		}
	}
	return out, nil
}

// sequence reads a CBOR sequence (RFC 8742) of at most limit items.
func sequence[T any](b []byte, limit int) (items []T, _ error) {
	for dec := itemMode().NewDecoder(bytes.NewReader(b)); ; {
		var it T
		err := dec.Decode(&it)
		switch {
		case errors.Is(err, io.EOF):
			return items, nil
		case err != nil:
			return nil, err
		case len(items) == limit:
			return nil, fmt.Errorf("more than %d", limit)
		}
		items = append(items, it)
	}
}

// Post gives the cloud a statement of this owner to keep and to carry.
func (c *Client) Post(ctx context.Context, kind Statement, b []byte) error {
	resp, err := c.do(ctx, http.MethodPost, "/api/v1/"+string(kind), b)
	if err != nil {
		return fmt.Errorf("send to the cloud: %w", err)
	}
	return resp.Body.Close()
}

// Ownership is what the cloud says of a camera that is, was or is to be this owner's. Nobody signed it but the evidence.
type Ownership struct {
	Device   certs.DeviceID
	Epoch    uint64
	State    string    // docs/protocol.md lists them
	Since    time.Time // zero: not told
	Until    time.Time // zero: not told
	Evidence []byte    // a closing or a release; may be nil
}

type ownershipBody struct {
	Device   string `json:"device"`
	Epoch    uint64 `json:"epoch"`
	State    string `json:"state"`
	Since    int64  `json:"since"`
	Until    int64  `json:"until"`
	Evidence string `json:"evidence"`
}

// Ownership returns the state of each camera, newest epoch of this owner only.
func (c *Client) Ownership(ctx context.Context) ([]Ownership, error) {
	resp, err := c.do(ctx, http.MethodGet, "/api/v1/ownership", nil)
	if err != nil {
		return nil, fmt.Errorf("get ownership: %w", err)
	}
	var list []ownershipBody
	if err := decodeJSON(resp, &list); err != nil {
		return nil, fmt.Errorf("get ownership: %w", err)
	}
	var out []Ownership
	for _, b := range list {
		o := Ownership{Epoch: b.Epoch, State: clean(b.State)}
		if o.Device, err = certs.ParseDeviceID(b.Device); err != nil {
			return nil, fmt.Errorf("get ownership: %w", err)
		}
		if o.Evidence, err = base64.StdEncoding.DecodeString(b.Evidence); err != nil {
			return nil, fmt.Errorf("get ownership: evidence is not base64")
		}
		o.Since, o.Until = moment(b.Since), moment(b.Until)
		out = append(out, o)
	}
	return out, nil
}

func moment(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(min(ms, 1<<50))
}

// Join leaves the answer to a join card at the cloud, for the browser that showed the card. It is sealed to that browser.
func (c *Client) Join(ctx context.Context, id certs.Hash, answer []byte) error {
	resp, err := c.do(ctx, http.MethodPut, "/api/v1/join/"+id.String(), answer)
	if err != nil {
		return fmt.Errorf("answer join card: %w", err)
	}
	return resp.Body.Close()
}

func (c *Client) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	return readAll(resp, limit)
}
