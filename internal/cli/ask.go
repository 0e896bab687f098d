package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

var errNobody = errors.New("nobody is there to answer")

// Ask asks a question that is answered by yes or no, and returns whether the answer was yes. No answer is no.
func (e Env) Ask(question string) bool {
	fmt.Fprintf(e.Stdout, "%s [y/N] ", question)
	line, err := e.ReadLine()
	if err != nil {
		fmt.Fprintln(e.Stdout)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}

// maxLine bounds what is read from a person, in bytes.
const maxLine = 4096

// ReadLine reads a line, without its end, byte by byte: what follows is for the next reader.
func (e Env) ReadLine() (string, error) {
	if e.Stdin == nil {
		return "", errNobody
	}
	var b strings.Builder
	for c := make([]byte, 1); b.Len() < maxLine; b.Write(c) {
		_, err := io.ReadFull(e.Stdin, c)
		if err != nil && b.Len() == 0 {
			return "", err
		}
		if err != nil || c[0] == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
	}
	return "", fmt.Errorf("read answer: more than %d bytes", maxLine)
}
