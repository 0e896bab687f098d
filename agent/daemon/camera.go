package daemon

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"signet/capture"
	"signet/capture/source"
)

// Pauses between attempts to open a camera.
const (
	firstPause  = 500 * time.Millisecond
	longest     = 30 * time.Second
	goodEnough  = 30 * time.Second // a camera that worked this long starts with the first pause again
	settlePause = 5 * time.Second  // without a camera for this long, the agent says online without one
)

// watchCamera opens the camera and runs the pipeline on it, again and again.
func (d *Daemon) watchCamera(ctx context.Context) error {
	pause := firstPause
	for {
		began := time.Now()
		err := d.oneCamera(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > goodEnough {
			pause = firstPause
		}
		d.cameraFailed(err)
		if err := sleep(ctx, pause/2+rand.N(pause/2)); err != nil {
			return err
		}
		pause = min(2*pause, longest)
	}
}

// oneCamera opens the camera and runs the pipeline until the camera fails.
func (d *Daemon) oneCamera(ctx context.Context) error {
	cam, err := source.Open(ctx, d.cfg.Camera, source.Options{FPS: d.cfg.FPS, Loop: true, Log: d.log})
	if err != nil {
		return err
	}
	defer cam.Close()
	info := cam.Info()
	d.log.Info("camera", "name", info.Name, "driver", info.Driver, "format", info.Format,
		"width", info.Width, "height", info.Height, "fps", info.FPS)
	d.cameraWorks(info)
	err = d.pipeline.Run(ctx, cam, d.recorder)
	if err == nil {
		err = errors.New("recording ended")
	}
	return err
}

func (d *Daemon) cameraWorks(info capture.Info) {
	d.mu.Lock()
	d.camera, d.cameraErr = info, nil
	d.mu.Unlock()
	d.recorder.Camera(info, d.cfg.CameraName)
	d.tried.Do(func() { close(d.cameraTry) })
}

// cameraFailed says once, not at every attempt, that there is no camera.
func (d *Daemon) cameraFailed(err error) {
	d.mu.Lock()
	first := d.cameraErr == nil
	worked := d.camera.Name != ""
	d.cameraErr = err
	d.mu.Unlock()
	d.tried.Do(func() { close(d.cameraTry) })
	if !first {
		d.log.Debug("still no camera", "err", err)
		return
	}
	d.log.Error("no camera", "err", err, "hint", capture.Hint(err))
	if worked {
		d.recorder.Tamper("camera gone")
	}
}

// sleep waits, or returns ctx.Err().
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
