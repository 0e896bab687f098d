package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// video is what ffprobe tells of a file's first video stream.
type video struct {
	codec         string
	width, height int
	fps           float64 // 0: unknown
	reordered     bool    // pictures are not sent in the order in which they are shown
	canEncode     bool    // ffmpeg can make H.264
}

// probe asks ffprobe what path holds.
func probe(ctx context.Context, path string) (video, error) {
	var v video
	var complaint tail
	cmd := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-select_streams", "v:0",
		"-show_entries", "stream=codec_name,width,height,has_b_frames,avg_frame_rate,r_frame_rate",
		"-of", "json", "file:"+path)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Exited() {
			return v, fmt.Errorf("ffprobe: %s", strings.TrimPrefix(complaint.last(), "file:"))
		}
		return v, notInstalled(err)
	}
	var answer struct {
		Streams []struct {
			Codec     string `json:"codec_name"`
			Width     int    `json:"width"`
			Height    int    `json:"height"`
			Reorder   int    `json:"has_b_frames"`
			Average   string `json:"avg_frame_rate"`
			RealGuess string `json:"r_frame_rate"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return v, fmt.Errorf("read what ffprobe says: %w", err)
	}
	if len(answer.Streams) == 0 {
		return v, errors.New("no video in the file")
	}
	s := answer.Streams[0]
	v = video{codec: s.Codec, width: s.Width, height: s.Height, reordered: s.Reorder > 0}
	if v.fps = ratio(s.Average); v.fps == 0 {
		v.fps = ratio(s.RealGuess)
	}
	if v.codec == "h264" && v.reordered {
		v.canEncode = canEncodeH264(ctx)
	}
	return v, nil
}

// ratio reads ffprobe's fractions ("30000/1001"); 0 if it is none or no frame rate.
func ratio(s string) float64 {
	num, den, ok := strings.Cut(s, "/")
	if !ok {
		return 0
	}
	n, err1 := strconv.ParseFloat(num, 64)
	d, err2 := strconv.ParseFloat(den, 64)
	if err1 != nil || err2 != nil || d <= 0 || n <= 0 || n/d > 1000 {
		return 0
	}
	return n / d
}

func canEncodeH264(ctx context.Context) bool {
	return exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-loglevel", "error",
		"-f", "lavfi", "-i", "nullsrc=s=64x64", "-frames:v", "1", "-c:v", "libx264", "-f", "null", "-").Run() == nil
}

// jpegArgs makes JPEGs of every picture; those of a Motion-JPEG video are left as they are. The standard
// Huffman tables keep decoding cheap, for they never change.
func (v *video) jpegArgs() []string {
	if v.codec == "mjpeg" {
		return []string{"-c:v", "copy", "-f", "mjpeg"}
	}
	return []string{
		"-vsync", "passthrough", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4",
		"-huffman", "default", "-threads", "1", "-f", "mjpeg",
	}
}

// h264Args hands out the video's own H.264, each access unit begun by a delimiter; nil if there is none.
//
// Cameras send pictures in the order in which they are shown, and all that follows (live view, clip parts)
// relies on it. A video with reordered pictures, as encoders for films make it, is therefore encoded anew
// in the way of a camera: no reordering, a key frame every 20 pictures.
func (v *video) h264Args() []string {
	switch {
	case v.codec != "h264":
		return nil
	case !v.reordered:
		return []string{"-c:v", "copy", "-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert", "-f", "h264"}
	case v.canEncode:
		return []string{
			"-vsync", "passthrough", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
			"-profile:v", "baseline", "-pix_fmt", "yuv420p", "-crf", "23", "-g", "20", "-threads", "1",
			"-bsf:v", "h264_metadata=aud=insert", "-f", "h264",
		}
	}
	return nil
}
