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
}

// Introduction is the first line of a Peer.
type Introduction struct {
	Name     string    `json:"name"`               // with its version
	Features []float32 `json:"features,omitempty"` // of the first tile
	GFLOPS   float64   `json:"gflops,omitempty"`   // of a large product of matrices
}

// StartPeer starts a program and waits for its introduction. env is added to the
// environment. It is killed when ctx ends.
func StartPeer(ctx context.Context, command []string, env ...string) (*Peer, error) {
	p := &Peer{cmd: exec.CommandContext(ctx, command[0], command[1:]...), stderr: &strings.Builder{}}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p.stderr
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
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Run has n pieces of work done and returns what the peer says they took.
func (p *Peer) Run(_ context.Context, n int) (Spent, error) {
	if _, err := fmt.Fprintf(p.ask, "run %d\n", n); err != nil {
		return Spent{}, err
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
		return errors.Join(fmt.Errorf("%s gave no answer", p.cmd.Path), p.answers.Err())
	}
	if err := json.Unmarshal(p.answers.Bytes(), into); err != nil {
		return fmt.Errorf("%s answered %.80q: %w", p.cmd.Path, p.answers.Text(), err)
	}
	return nil
}

// Close tells the peer to end and waits for it.
func (p *Peer) Close() error {
	p.ask.Close()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", p.cmd.Path, err, strings.TrimSpace(p.stderr.String()))
	}
	return nil
}
