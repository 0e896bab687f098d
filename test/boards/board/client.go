package board

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"signet/test/boards/wire"
)

// request sends one to the guest. The caller closes the answer's body.
func (b *Board) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "board", Path: path, RawQuery: query.Encode()}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return nil, fmt.Errorf("the board says: %s", strings.TrimSpace(string(why)))
	}
	return answer, nil
}

func (b *Board) post(ctx context.Context, path string, v any) (*http.Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return b.request(ctx, http.MethodPost, path, nil, bytes.NewReader(body))
}

// Do runs a command on the board to its end, however that is.
func (b *Board) Do(ctx context.Context, c wire.Command) (wire.Result, error) {
	answer, err := b.post(ctx, wire.RunPath, c)
	if err != nil {
		return wire.Result{}, fmt.Errorf("run %s: %w", c.Argv, err)
	}
	defer answer.Body.Close()
	r, err := wire.Read[wire.Result](answer.Body)
	if err != nil {
		return r, fmt.Errorf("run %s: %w", c.Argv, err)
	}
	return r, nil
}

// Run runs a program on the board to its end, however that is.
func (b *Board) Run(ctx context.Context, argv ...string) (wire.Result, error) {
	return b.Do(ctx, wire.Command{Argv: argv})
}

// Output runs a program that must succeed, and returns what it printed.
func (b *Board) Output(ctx context.Context, argv ...string) (string, error) {
	r, err := b.Run(ctx, argv...)
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("%s: exit status %d: %s", strings.Join(argv, " "), r.Code, strings.TrimSpace(r.Stderr))
	}
	return r.Stdout, err
}

// Put writes a file on the board, with its folder.
func (b *Board) Put(ctx context.Context, path string, content []byte, mode fs.FileMode) error {
	q := url.Values{"path": {path}, "mode": {fmt.Sprintf("%o", mode.Perm())}}
	answer, err := b.request(ctx, http.MethodPut, wire.FilePath, q, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("put %s: %w", path, err)
	}
	return answer.Body.Close()
}

// Get reads a file of the board.
func (b *Board) Get(ctx context.Context, path string) ([]byte, error) {
	answer, err := b.request(ctx, http.MethodGet, wire.FilePath, url.Values{"path": {path}}, nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxFile))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	return content, nil
}

// Load loads a kernel module that Options.Later named, with its parameters.
func (b *Board) Load(ctx context.Context, module string, parameters ...string) error {
	_, err := b.Output(ctx, append([]string{"insmod", "/modules/" + strings.ReplaceAll(module, "-", "_") + ".ko"}, parameters...)...)
	return err
}

// Unload takes a kernel module out. It waits as long as ctx lets it until nobody uses it.
func (b *Board) Unload(ctx context.Context, module string) error {
	for {
		_, err := b.Output(ctx, "rmmod", module)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}
