package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/v4l2"
	"signet/test/boards/wire"
)

// probe reads a camera as the agent does and prints a wire.Seen for all that happens.
func probe(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("probe", flag.ExitOnError)
	device := f.String("device", "/dev/video0", "")
	frames := f.Int("frames", 50, "how many to read")
	limit := f.Duration("for", 20*time.Second, "end after that, however few they are")
	o := v4l2.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	f.Func("format", "FourCC of a raw format, if the driver has a choice", func(s string) error { o.Format = capture.Format(s); return nil })
	f.IntVar(&o.Width, "width", 640, "")
	f.IntVar(&o.Height, "height", 480, "")
	f.Float64Var(&o.FPS, "fps", 10, "")
	_ = f.Parse(args)
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()

	say := json.NewEncoder(os.Stdout)
	c, err := v4l2.Open(ctx, *device, o)
	if err != nil {
		return say.Encode(wire.Seen{End: &wire.End{Why: why(err), Error: err.Error(), Uptime: time.Duration(capture.Now())}})
	}
	defer c.Close()
	i := c.Info()
	_ = say.Encode(wire.Seen{Camera: &wire.Camera{
		Name: i.Name, Driver: i.Driver, Path: i.Path, Format: string(i.Format), Width: i.Width, Height: i.Height, FPS: i.FPS, H264: i.HasH264,
	}})
	end := look(ctx, c, *frames, func(f wire.Frame) { _ = say.Encode(wire.Seen{Frame: &f}) })
	if s, ok := c.(capture.Skipper); ok {
		n := s.Skipped()
		end.Marked, end.Empty, end.Torn = n.Marked, n.Empty, n.Torn
	}
	return say.Encode(wire.Seen{End: &end})
}

// look reads so many frames from c, if they come.
func look(ctx context.Context, c capture.Camera, frames int, saw func(wire.Frame)) (end wire.End) {
	start, last := time.Now(), time.Now()
	defer func() { end.At, end.Uptime = time.Since(start), time.Duration(capture.Now()) }()
	var f capture.Frame
	var d luma.Decoder
	var p luma.Plane
	for range frames {
		if err := c.Next(ctx, &f); err != nil {
			return wire.End{Why: why(err), Error: err.Error(), MaxFill: end.MaxFill}
		}
		end.MaxFill = max(end.MaxFill, time.Since(last))
		last = time.Now()
		s := wire.Frame{Seq: f.Seq, Mono: time.Duration(f.Mono), At: time.Since(start), Bytes: len(f.Data)}
		if s.H264 = f.Format == capture.H264; s.H264 {
			// nothing is looked for in it
		} else if err := d.Decode(&p, &f); err != nil {
			s.Error = err.Error()
		} else {
			s.Grey = stripes(&p)
		}
		saw(s)
	}
	end.Why = "enough"
	return end
}

// stripes are the means of the middle of each of wire.Columns columns, below the text that test pictures have above.
func stripes(p *luma.Plane) []int {
	grey := make([]int, wire.Columns)
	for i := range grey {
		from, to := (4*i+1)*p.W/(4*wire.Columns), (4*i+3)*p.W/(4*wire.Columns)
		var sum, n int
		for y := p.H / 2; y < p.H; y++ {
			for x := from; x < max(to, from+1); x++ {
				sum += int(p.Pix[y*p.W+x])
				n++
			}
		}
		grey[i] = (sum/n + 1024) / 8
	}
	return grey
}

func why(err error) string {
	switch {
	case errors.Is(err, capture.ErrGone):
		return "gone"
	case errors.Is(err, capture.ErrStalled):
		return "stalled"
	case errors.Is(err, context.DeadlineExceeded):
		return "time"
	}
	return "failed"
}
