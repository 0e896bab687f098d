package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"unsafe"
)

// linux/vtpm_proxy.h
const (
	vtpmProxyNewDev = 0xC014A100 // _IOWR(0xa1, 0x00, struct vtpm_proxy_new_dev)
	vtpmProxyTPM2   = 1
	// drivers/char/tpm/tpm_vtpm_proxy.c: the kernel tells the other side at which locality it speaks.
	setLocality = 0x20001000
)

type vtpmNewDev struct{ flags, number, fd, major, minor uint32 }

// maxTPM bounds a command and a response of a TPM, in bytes.
const maxTPM = 4096

// header is the head of each command and response of a TPM 2.0 (part 1, section 18).
type header struct {
	Tag  uint16
	Size uint32
	Code uint32
}

// tpm makes a TPM of the board out of one that speaks on a TCP port of the host, until it is ended.
func tpm(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("tpm", flag.ExitOnError)
	to := f.String("to", "", "")
	_ = f.Parse(args)
	chip, err := (&net.Dialer{}).DialContext(ctx, "tcp", *to)
	if err != nil {
		return err
	}
	defer chip.Close()
	x, err := os.OpenFile("/dev/vtpmx", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer x.Close()
	d := vtpmNewDev{flags: vtpmProxyTPM2}
	if err := ioctl(int(x.Fd()), vtpmProxyNewDev, unsafe.Pointer(&d)); err != nil {
		return fmt.Errorf("make TPM: %w", err)
	}
	kernel := os.NewFile(uintptr(d.fd), "vtpm")
	defer kernel.Close()
	fmt.Printf("tpm%d is there\n", d.number)
	context.AfterFunc(ctx, func() { chip.Close(); kernel.Close() })
	for {
		if err := relay(kernel, chip); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// relay carries one command of the kernel to the chip, and its response back.
func relay(kernel, chip io.ReadWriter) error {
	command := make([]byte, maxTPM)
	n, err := kernel.Read(command)
	if err != nil {
		return fmt.Errorf("read command: %w", err)
	}
	command = command[:n]
	var h header
	if _, err := binary.Decode(command, binary.BigEndian, &h); err != nil || int(h.Size) != n {
		return errors.New("the kernel's command is no command")
	}
	var response bytes.Buffer
	if h.Code == setLocality {
		_ = binary.Write(&response, binary.BigEndian, header{Tag: h.Tag, Size: 10})
	} else {
		if _, err := chip.Write(command); err != nil {
			return fmt.Errorf("write command: %w", err)
		}
		if err := readResponse(&response, chip); err != nil {
			return fmt.Errorf("read response: %w", err)
		}
	}
	if _, err := kernel.Write(response.Bytes()); err != nil {
		return fmt.Errorf("write response: %w", err)
	}
	return nil
}

// readResponse reads a response, whose head says how long it is, from a stream.
func readResponse(to *bytes.Buffer, from io.Reader) error {
	head := make([]byte, 10)
	if _, err := io.ReadFull(from, head); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[2:])
	if size < 10 || size > maxTPM {
		return fmt.Errorf("%d bytes", size)
	}
	to.Write(head)
	_, err := io.CopyN(to, from, int64(size)-10)
	return err
}
