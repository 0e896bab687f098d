package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"signet/test/boards/wire"
)

func newHandler() http.Handler {
	p := newProcesses()
	m := http.NewServeMux()
	m.HandleFunc("POST "+wire.RunPath, p.run)
	m.HandleFunc("POST "+wire.StartPath, p.start)
	m.HandleFunc("POST "+wire.SignalPath, p.signal)
	m.HandleFunc("PUT "+wire.FilePath, putFile)
	m.HandleFunc("GET "+wire.FilePath, getFile)
	return m
}

// putFile writes a file, with its folder, whole or not at all.
func putFile(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Query().Get("path")
	mode, err := strconv.ParseUint(r.URL.Query().Get("mode"), 8, 9)
	if err == nil {
		err = write(path, http.MaxBytesReader(w, r.Body, wire.MaxFile), fs.FileMode(mode))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func write(path string, r io.Reader, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".put-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func getFile(w http.ResponseWriter, r *http.Request) {
	f, err := os.Open(r.URL.Query().Get("path"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer f.Close()
	_, _ = io.Copy(w, io.LimitReader(f, wire.MaxFile)) // the host sees where it broke off
}

func answer(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		fmt.Fprintln(os.Stderr, "guest: answer:", err)
	}
}
