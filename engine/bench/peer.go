package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A Peer is another program that does the same work, and waits between its
// turns. It is asked by lines on its standard input, "run N" for N patches or
// steps, and answers each with one line of JSON: {"wall": S, "cpu": S}, in seconds.
// Before the first it says who it is, as an Introduction.
type Peer struct {
	Introduction
	cmd     *exec.Cmd
	ask     io.WriteCloser
	answers *bufio.Scanner
	stderr  *strings.Builder
	stopped func() error // why it was killed; nil while it was not
	closed  bool
}

// Introduction is the first line of a Peer.
type Introduction struct {
	Name     string    `json:"name"`               // with its version
	Features []float32 `json:"features,omitempty"` // of the first tile
	GFLOPS   float64   `json:"gflops,omitempty"`   // of a large product of matrices
}

// orphans is how long what a program has started may hold on to its outputs after it.
const orphans = time.Second

// StartPeer starts a program and waits for its introduction. env is added to the
// environment. It is killed when ctx ends, whose error is then that of its methods.
func StartPeer(ctx context.Context, command []string, env ...string) (*Peer, error) {
	p := &Peer{cmd: exec.CommandContext(ctx, command[0], command[1:]...), stderr: &strings.Builder{}, stopped: ctx.Err}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = orphans
	var err error
	if p.ask, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.answers = bufio.NewScanner(out)
	p.answers.Buffer(nil, 1<<20)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.answer(&p.Introduction); err != nil {
		return nil, err
	}
	return p, nil
}

// Run has n pieces of work done and returns what the peer says they took.
func (p *Peer) Run(_ context.Context, n int) (Spent, error) {
	if _, err := fmt.Fprintf(p.ask, "run %d\n", n); err != nil {
		return Spent{}, p.end(err)
	}
	var took struct{ Wall, CPU float64 }
	if err := p.answer(&took); err != nil {
		return Spent{}, err
	}
	return Spent{seconds(took.Wall), seconds(took.CPU)}, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (p *Peer) answer(into any) error {
	if !p.answers.Scan() {
		if err := p.answers.Err(); err != nil {
			return p.kill(err)
		}
		return p.end(errors.New("gave no answer"))
	}
	if err := json.Unmarshal(p.answers.Bytes(), into); err != nil {
		return p.kill(fmt.Errorf("answered %.80q: %w", p.answers.Text(), err))
	}
	return nil
}

// end is the error of a peer that has ended: how it did, else err.
func (p *Peer) end(err error) error {
	if closed := p.Close(); closed != nil {
		return closed
	}
	return fmt.Errorf("%s: %w", p.cmd.Path, err)
}

// kill ends a peer that is not understood, and may be waiting to be read.
func (p *Peer) kill(err error) error {
	p.cmd.Process.Kill()
	p.Close()
	if why := p.stopped(); why != nil {
		return why
	}
	return fmt.Errorf("%s: %w", p.cmd.Path, err)
}

// Close tells the peer to end and waits for it. Closing again does nothing.
func (p *Peer) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	p.ask.Close()
	return ended(p.stopped, p.cmd.Path, p.cmd.Wait(), p.stderr.String())
}

// ended is the error of a program of which err came: why it was stopped, else what it
// said last.
func ended(stopped func() error, program string, err error, stderr string) error {
	if err == nil {
		return nil
	}
	if why := stopped(); why != nil {
		return why
	}
	return fmt.Errorf("%s: %w%s", program, err, lastWords(stderr))
}

// lastWords is the line by which a program says why it ended, behind a colon; "" where
// it said nothing. Of programs in Go that crash it comes before the state that they
// were in, of all others last.
func lastWords(stderr string) string {
	said := ""
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line != "" {
			said = line
		}
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			break
		}
	}
	if said == "" {
		return ""
	}
	return fmt.Sprintf(": %.300s", said)
}
