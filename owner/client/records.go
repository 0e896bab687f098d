package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
)

// PageSize is how many records the cloud gives at most in one answer.
const PageSize = 500

// Item is a record as the cloud delivers it: bytes, not yet verified.
type Item struct {
	Seq      uint64    // the cloud's count; ascending, with holes
	Record   []byte    // at most certs.MaxRecord bytes
	Received time.Time // by the cloud's clock
}

type itemBody struct {
	_        struct{} `cbor:",toarray"`
	Seq      uint64
	Record   []byte
	Received uint64
}

func (b *itemBody) item() (Item, error) {
	if len(b.Record) > certs.MaxRecord {
		return Item{}, fmt.Errorf("record of %d bytes", len(b.Record))
	}
	return Item{b.Seq, b.Record, time.UnixMilli(int64(min(b.Received, 1<<50)))}, nil
}

// itemMode bounds what a decoder builds from bytes of the cloud.
var itemMode = sync.OnceValue(func() cbor.DecMode {
	m, err := cbor.DecOptions{IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, MaxNestedLevels: 4, MaxArrayElements: 16, MaxMapPairs: 16}.DecMode()
	if err != nil {
		panic(err) // constant options
	}
	return m
})

// parseItem reads one item.
func parseItem(b []byte) (Item, error) {
	var body itemBody
	if err := itemMode().Unmarshal(b, &body); err != nil {
		return Item{}, fmt.Errorf("read item: %w", err)
	}
	return body.item()
}

// parseItems reads a CBOR sequence of items (RFC 8742), which must ascend.
func parseItems(b []byte) ([]Item, error) {
	bodies, err := sequence[itemBody](b, PageSize)
	if err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	var items []Item
	for _, body := range bodies {
		it, err := body.item()
		if err != nil {
			return nil, fmt.Errorf("read items: %w", err)
		}
		if n := len(items); n > 0 && it.Seq <= items[n-1].Seq {
			return nil, errors.New("read items: they do not ascend")
		}
		items = append(items, it)
	}
	return items, nil
}

// After returns up to limit records that follow seq, ascending.
func (c *Client) After(ctx context.Context, seq uint64, limit int) ([]Item, error) {
	return c.records(ctx, fmt.Sprintf("after=%d&limit=%d", seq, limit))
}

// Before returns the newest records before seq, ascending; before 0, the newest of all.
func (c *Client) Before(ctx context.Context, seq uint64, limit int) ([]Item, error) {
	if seq == 0 {
		return c.records(ctx, fmt.Sprintf("limit=%d", limit))
	}
	return c.records(ctx, fmt.Sprintf("before=%d&limit=%d", seq, limit))
}

func (c *Client) records(ctx context.Context, query string) ([]Item, error) {
	resp, err := c.do(ctx, http.MethodGet, "/api/v1/records?"+query, nil)
	if err != nil {
		return nil, fmt.Errorf("get records: %w", err)
	}
	b, err := readAll(resp, maxRecords)
	if err != nil {
		return nil, fmt.Errorf("get records: %w", err)
	}
	items, err := parseItems(b)
	if err != nil {
		return nil, fmt.Errorf("get records: %w", err)
	}
	return items, nil
}

// Media returns the ciphertext of a piece of media that a delivered record names, or ErrNotFound while the camera
// has not sent it. That it is what the record names is for owner/verify to say.
func (c *Client) Media(ctx context.Context, seq uint64, m certs.Media) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodGet, fmt.Sprintf("/api/v1/records/%d/media/%s", seq, m.Hash), nil)
	if err != nil {
		return nil, fmt.Errorf("get %v: %w", m.Kind, err)
	}
	b, err := readAll(resp, int64(m.Size))
	if err != nil {
		return nil, fmt.Errorf("get %v: %w", m.Kind, err)
	}
	return b, nil
}

// Certificate returns the certificate of that SHA-256, or nil if the cloud does not have it. It is a verify.Source:
// where a certificate comes from proves nothing.
func (c *Client) Certificate(ctx context.Context, x5t certs.Hash) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodGet, "/api/v1/certificates/"+x5t.String(), nil)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get certificate: %w", err)
	}
	b, err := readAll(resp, certs.MaxCertificate)
	if err != nil {
		return nil, fmt.Errorf("get certificate: %w", err)
	}
	return b, nil
}

// Status is what the cloud sees of a camera. The camera did not sign it.
type Status struct {
	Device certs.DeviceID
	Online bool
	Since  time.Time
}

// Status returns the owner's cameras as the cloud sees them.
func (c *Client) Status(ctx context.Context) ([]Status, error) {
	resp, err := c.do(ctx, http.MethodGet, "/api/v1/status", nil)
	if err != nil {
		return nil, fmt.Errorf("get status: %w", err)
	}
	var list []statusBody
	if err := decodeJSON(resp, &list); err != nil {
		return nil, fmt.Errorf("get status: %w", err)
	}
	var out []Status
	for _, s := range list {
		st, err := s.status()
		if err != nil {
			return nil, fmt.Errorf("get status: %w", err)
		}
		out = append(out, st)
	}
	return out, nil
}

type statusBody struct {
	Device string `json:"device"`
	Online bool   `json:"online"`
	Since  int64  `json:"since"`
}

func (s statusBody) status() (Status, error) {
	id, err := certs.ParseDeviceID(s.Device)
	if err != nil {
		return Status{}, err
	}
	return Status{id, s.Online, time.UnixMilli(s.Since)}, nil
}

// Live passes a viewer request to the camera and returns its answer, still to be verified. ErrNotFound says that the
// camera is not connected.
func (c *Client) Live(ctx context.Context, request []byte) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodPost, "/api/v1/live", request)
	if err != nil {
		return nil, fmt.Errorf("ask camera: %w", err)
	}
	b, err := readAll(resp, 64<<10)
	if err != nil {
		return nil, fmt.Errorf("ask camera: %w", err)
	}
	return b, nil
}
