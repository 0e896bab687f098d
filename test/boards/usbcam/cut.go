package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"

	"signet/test/boards/usbcam/footage"
	"signet/test/boards/usbcam/uvc"
)

// cut makes footage out of footage.
func cut(args []string) error {
	f := flag.NewFlagSet("cut", flag.ContinueOnError)
	size := f.String("size", "", "WxH: scale to it the middle of each picture; empty: as it is")
	from := f.Int("from", 0, "first picture, counted from 0")
	to := f.Int("to", 0, "picture before which to end; 0: none")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 2 {
		return errors.New("cut: wants two files: footage to read, footage to write")
	}
	j, err := footage.LoadJPEGs(f.Arg(0))
	if err != nil {
		return err
	}
	if *to == 0 {
		*to = len(j.Images)
	}
	if *from < 0 || *from >= *to || *to > len(j.Images) {
		return fmt.Errorf("cut: pictures %d to %d of %d", *from, *to, len(j.Images))
	}
	j.Images = j.Images[*from:*to]
	if *size != "" {
		var s uvc.Size
		if _, err := fmt.Sscanf(*size, "%dx%d", &s.Width, &s.Height); err != nil {
			return fmt.Errorf("cut: size %q: must be WIDTHxHEIGHT", *size)
		}
		if j, err = j.Resize(s); err != nil {
			return err
		}
	}
	return write(f.Arg(1), j)
}

func write(path string, j *footage.JPEGs) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, img := range j.Images {
		if _, err = w.Write(img); err != nil {
			break
		}
	}
	return errors.Join(err, w.Flush(), f.Close())
}
