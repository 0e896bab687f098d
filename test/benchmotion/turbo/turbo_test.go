package turbo

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// clip writes a recording of n frames, each of its own brightness.
func clip(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		m := image.NewGray(image.Rect(0, 0, 64, 48))
		for j := range m.Pix {
			m.Pix[j] = byte(4 * i)
		}
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "clip.mjpeg")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSample(t *testing.T) {
	from := clip(t, 10)
	for n, want := range map[int][]int{4: {0, 2, 5, 7}, 10: {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 25: {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		to, kb, err := sample(from, filepath.Join(t.TempDir(), "sample.mjpeg"), n)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		err = frames(to, func(_ int, img []byte) error {
			m, err := jpeg.Decode(bytes.NewReader(img))
			if err != nil {
				return err
			}
			got = append(got, (int(m.(*image.Gray).GrayAt(32, 32).Y)+2)/4)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || kb <= 0 {
			t.Errorf("%d of 10: frames %v of %.1f KB, want %v", n, got, kb, want)
		}
	}
}

func TestSummarise(t *testing.T) {
	c := summarise([]pair{{1, 2}, {9, 10}, {3, 10}, {2, 5}})
	if c.Ratio != 0.45 || c.Least != 0.3 || c.Most != 0.9 || c.Ours != 2.5 || c.Turbo != 7.5 {
		t.Errorf("%+v", c)
	}
}

// Both programs decode a recording, here and for the boards whose packages were fetched before.
func TestMeasure(t *testing.T) {
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fetched := slices.DeleteFunc(slices.Clone(boards), func(b board) bool {
		_, err := library(b.folder(root))
		return err != nil
	})
	var out strings.Builder
	costs, err := measure(t.Context(), []string{clip(t, 30)}, fetched, &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	if len(costs) == 0 && !strings.Contains(out.String(), "skipped") {
		t.Error("nothing is measured, and nothing said about it")
	}
	for _, c := range costs {
		if c.Clip != "clip" || c.Ours <= 0 || c.Turbo <= 0 || c.Ratio <= 0 || c.Least > c.Ratio || c.Most < c.Ratio {
			t.Errorf("%+v", c)
		}
	}
}
