package cloud

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"

	"signet/cloud/bind"
	"signet/cloud/deliver"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/mail"
	"signet/cloud/media"
)

// wire makes what runs beside the engine, and what answers HTTPS.
func (c *Cloud) wire(ctx context.Context) (run []func(context.Context) error, _ http.Handler, _ error) {
	js := c.engine.JetStream()
	chains, err := bind.NewChains(ctx, js)
	if err != nil {
		return nil, nil, err
	}
	claims, err := ledger.NewStore(ctx, ledger.Config{JetStream: js, Fleet: c.id.fleet, Wait: c.cfg.Wait})
	if err != nil {
		return nil, nil, err
	}
	binder, err := bind.New(ctx, bind.Config{
		Engine: c.engine, Ledger: claims, Fleet: c.id.fleet, Signer: c.id.signer, Chains: chains, Metrics: c.metrics, Log: c.log, Patience: c.cfg.Patience,
		Revoked: c.revoked.Has,
	})
	if err != nil {
		return nil, nil, err
	}
	post, err := mail.New(ctx, mail.Config{
		Engine: c.engine, Fleet: c.id.fleet, Ledger: claims, Metrics: c.metrics, Log: c.log, Revoked: c.revoked.Has,
	})
	if err != nil {
		return nil, nil, err
	}
	store, err := media.OpenStore(filepath.Join(c.cfg.Dir, mediaDir), c.cfg.Reserve)
	if err != nil {
		return nil, nil, err
	}
	index, err := media.NewIndex(ctx, js)
	if err != nil {
		return nil, nil, err
	}
	origins, err := c.origins()
	if err != nil {
		return nil, nil, err
	}
	owners, err := deliver.New(ctx, deliver.Config{
		Engine: c.engine, Fleet: c.id.fleet, Chains: chains, Ledger: claims, Mail: post, Media: store, Metrics: c.metrics, Log: c.log, Origins: origins, CRL: c.revoked.DER,
		InterceptRecord: c.cfg.InterceptRecord, InterceptMedia: c.cfg.InterceptMedia,
	})
	if err != nil {
		return nil, nil, err
	}
	uploads := media.NewHandler(media.Config{
		Store: store, Index: index, Fleet: c.id.fleet, Metrics: c.metrics, Log: c.log, Quota: c.cfg.Quota, Arrived: c.arrived,
		Revoked: c.revoked.Has,
	})
	mux := http.NewServeMux()
	mux.Handle("PUT /media/{hash}", uploads)
	mux.Handle("HEAD /media/{hash}", uploads)
	mux.Handle("/api/", owners.Handler())
	if c.cfg.Page != nil {
		mux.Handle("/", c.cfg.Page(c.id.fleet))
	}
	return []func(context.Context) error{binder.Run, post.Run, owners.Run}, mux, nil
}

// origins are those of the page: as configured, or those of the server certificate's hosts.
func (c *Cloud) origins() ([]string, error) {
	if len(c.cfg.Origins) > 0 {
		return c.cfg.Origins, nil
	}
	_, port, err := net.SplitHostPort(c.HTTPSAddr())
	if err != nil {
		return nil, err
	}
	return c.id.origins(port), nil
}

// arrived tells the owner's streams of an upload. Nothing depends on it: a page that misses it asks for the part.
func (c *Cloud) arrived(_ context.Context, w *media.Wanted) {
	b, err := json.Marshal(deliver.Arrived{Seq: w.Seq, SHA256: w.Media.Hash.String()})
	if err == nil {
		err = c.engine.Conn().Publish(engine.ArrivedSubject(w.Record.Owner), b)
	}
	if err != nil {
		c.log.Warn("tell of an upload", "err", err)
	}
}
