package windowtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Build builds the program of this module with the given flags of go build and
// returns its path; the native libraries are linked beside it.
func Build(t testing.TB, root string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "zoomscope")
	args := append([]string{"build", "-o", program}, append(flags, ".")...)
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	lib := filepath.Join(dir, "lib")
	if err := os.Mkdir(lib, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"onnxruntime/libonnxruntime.so.1", "openslide/libopenslide.so.1"} {
		if err := os.Symlink(filepath.Join(root, "third_party", path), filepath.Join(lib, filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	return program
}

// Program is the program, running on a display.
type Program struct {
	t    testing.TB
	cmd  *exec.Cmd
	home string
	done chan struct{}
	err  error

	mu     sync.Mutex
	stderr bytes.Buffer
}

// Start runs the program on the display, with folders of its own for settings and
// data below home. It is ended with the test.
func Start(t testing.TB, d *Display, program, home string, args ...string) *Program {
	t.Helper()
	p := &Program{t: t, home: home, done: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	p.cmd.Env = append(os.Environ(), "DISPLAY="+d.Name(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_DATA_HOME="+filepath.Join(home, "data"), "XDG_STATE_HOME="+filepath.Join(home, "state"), "LANG=en_US.UTF-8", "LC_ALL=",
		"ZOOMSCOPE_CONFIG_DIR=", "ZOOMSCOPE_DATA_DIR=", "NO_AT_BRIDGE=1", "LIBGL_ALWAYS_SOFTWARE=1")
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
	})
	return p
}

// Write keeps what the program says on standard error.
func (p *Program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

// Said is what the program said on standard error so far.
func (p *Program) Said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// Log is the text of the program's log file.
func (p *Program) Log() string {
	text, err := os.ReadFile(filepath.Join(p.home, "state", "zoomscope", "zoomscope.log"))
	if err != nil {
		return ""
	}
	return string(text)
}

// Await waits until the log holds the text n times.
func (p *Program) Await(text string, n int, limit time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if strings.Count(p.Log(), text) >= n {
			return
		}
		select {
		case <-p.done:
			p.t.Fatalf("the program ended (%v) before its log said %q:\n%s\n%s", p.err, text, p.Log(), p.Said())
		default:
		}
	}
	p.t.Fatalf("after %v the log does not say %q %d times:\n%s\n%s", limit, text, n, p.Log(), p.Said())
}

// End asks the program to end and returns its error, nil where it ended well.
func (p *Program) End(limit time.Duration) error {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.t.Fatalf("the program did not end within %v", limit)
		return nil
	}
}

// Process is the program's number.
func (p *Program) Process() int { return p.cmd.Process.Pid }
