package e2e

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// end ends all programs, so that all that they write is written.
func (s *site) end() {
	s.t.Helper()
	if err := s.Stop(); err != nil {
		s.t.Errorf("end: %v", err)
	}
}

// kept checks that a file of a folder of the rig holds what is looked for.
func (s *site) kept(folder string, what []byte) {
	s.t.Helper()
	if len(s.files(folder, what)) == 0 {
		s.t.Errorf("nothing in %s holds %x", folder, what)
	}
}

// notKept checks that no file of the rig holds one of the words, and that no program has said it. Files may be named that
// know them.
func (s *site) notKept(words []string, but ...string) {
	s.t.Helper()
	for _, w := range words {
		for _, f := range s.files("", []byte(w)) {
			if !slices.Contains(but, f) {
				s.t.Errorf("%q stands in %s", w, f)
			}
		}
		for _, line := range s.said() {
			if strings.Contains(line, w) {
				s.t.Errorf("%q was said: %s", w, line)
			}
		}
	}
}

// files returns the files below a folder of the rig that hold what is looked for, as it is or in base64.
func (s *site) files(folder string, what []byte) (with []string) {
	s.t.Helper()
	forms := append(inBase64(what), what)
	err := filepath.WalkDir(s.Path(folder), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Contains(b, form) }) {
			name, _ := filepath.Rel(s.Path(), path)
			with = append(with, name)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return with
}

// inBase64 returns how bytes look in the base64 of something that holds them: there are three ways, by where they begin. What
// shares a character with their neighbours is left out.
func inBase64(what []byte) (ways [][]byte) {
	for before := range 3 {
		all := append(make([]byte, before), what...)
		whole := len(all) * 8 / 6
		ways = append(ways, []byte(base64.StdEncoding.EncodeToString(all)[(before*8+5)/6:whole]))
	}
	return ways
}
