package client

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"signet/certs"
)

// Event is something that the cloud tells of its own accord: exactly one field is set.
type Event struct {
	Item   *Item
	Media  *MediaArrived
	Status *Status
}

// MediaArrived says that a part was uploaded.
type MediaArrived struct {
	Seq    uint64
	SHA256 certs.Hash
}

// maxLine bounds one line of the stream: a record in base64, and some.
const maxLine = certs.MaxRecord*4/3 + 1024

// Stream calls f with each event after seq until ctx ends, the stream breaks, or f returns an error, and returns why.
// It does not reconnect: the caller does, with the last seq that it has seen.
func (c *Client) Stream(ctx context.Context, after uint64, f func(Event) error) error {
	resp, err := c.do(ctx, http.MethodGet, "/api/v1/stream?after="+strconv.FormatUint(after, 10), nil)
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	defer resp.Body.Close()
	if err := readStream(resp.Body, f); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("read stream: %w", err)
	}
	return fmt.Errorf("read stream: %w", io.ErrUnexpectedEOF)
}

// readStream takes a text/event-stream apart (WHATWG HTML, section 9.2). Events of unknown name are passed over.
func readStream(r io.Reader, f func(Event) error) error {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), maxLine)
	var name, data string
	for sc.Scan() {
		line := sc.Text()
		if line == "" {
			ev, err := parseEvent(name, data)
			if err != nil {
				return err
			}
			if ev != (Event{}) {
				if err := f(ev); err != nil {
					return err
				}
			}
			name, data = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			name = value
		case "data":
			if len(data)+len(value) > maxLine {
				return errors.New("event is too long")
			}
			data += value
		}
	}
	return sc.Err()
}

func parseEvent(name, data string) (Event, error) {
	switch name {
	case "record":
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return Event{}, errors.New("record is not base64")
		}
		it, err := parseItem(b)
		if err != nil {
			return Event{}, err
		}
		return Event{Item: &it}, nil
	case "media":
		var m struct {
			Seq    uint64 `json:"seq"`
			SHA256 string `json:"sha256"`
		}
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			return Event{}, fmt.Errorf("media: %w", err)
		}
		h, err := certs.ParseHash(m.SHA256)
		if err != nil {
			return Event{}, fmt.Errorf("media: %w", err)
		}
		return Event{Media: &MediaArrived{m.Seq, h}}, nil
	case "status":
		var s statusBody
		if err := json.Unmarshal([]byte(data), &s); err != nil {
			return Event{}, fmt.Errorf("status: %w", err)
		}
		st, err := s.status()
		if err != nil {
			return Event{}, err
		}
		return Event{Status: &st}, nil
	}
	return Event{}, nil
}
