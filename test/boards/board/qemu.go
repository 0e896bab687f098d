package board

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// process is a running QEMU.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; after done
}

// startQEMU starts QEMU with the board's console in a file. It is in a process group of its own, so that Ctrl-C reaches
// only us and boards end in order; should we be killed, the kernel ends it.
func startQEMU(args []string, console string) (*process, error) {
	f, err := os.Create(console)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &process{cmd: exec.Command("qemu-system-arm", args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = f, f
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// A parent-death signal follows the thread that started the child: this one must live as long.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start QEMU: %w", err)
	}
	return p, nil
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// maxConsole bounds what is read of a console, in bytes.
const maxConsole = 1 << 20

// Console returns the last lines that the board's kernel and init have said.
func (b *Board) Console(n int) string {
	f, err := os.Open(b.console)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxConsole {
		_, _ = f.Seek(-maxConsole, 2)
	}
	text := make([]byte, maxConsole)
	read, _ := f.Read(text)
	all := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text[:read]), "\r", "")), "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}
