package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// budgetOfMemory is the most that an analysis may hold at any time, in bytes.
const budgetOfMemory = 1.5e9

// MemoryUse is what a program took.
type MemoryUse struct {
	Slide    string    `json:"slide"`
	Encoder  string    `json:"encoder"`
	Seconds  float64   `json:"seconds"` // from its start to its end
	Peak     int64     `json:"peak"`    // bytes of memory at most, by the system's count
	Verdicts []Verdict `json:"verdicts"`
}

// Memory runs a program that analyses a slide with an encoder, and measures its
// peak memory. It works where the system tells it of a running process;
// elsewhere the error wraps errors.ErrUnsupported. A program that fails is an
// error with what it said.
func Memory(ctx context.Context, command []string, slide, encoder string) (*MemoryUse, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	peak, err := watch(cmd.Process.Pid, done)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, strings.TrimSpace(stderr.String()))
	}
	took := time.Since(start)
	if peak == 0 {
		return nil, fmt.Errorf("peak memory of a process: %w", errors.ErrUnsupported)
	}
	what := fmt.Sprintf("%s, %s, peak memory", filepath.Base(slide), encoder)
	return &MemoryUse{
		Slide: slide, Encoder: encoder, Seconds: took.Seconds(), Peak: peak,
		Verdicts: []Verdict{AtMost(what, float64(peak)/1e9, budgetOfMemory/1e9, "GB")},
	}, nil
}

// watch asks for the peak memory of a process until it is done. The system's own
// mark never falls, so that only a peak in the last moment can be missed.
func watch(pid int, done <-chan error) (peak int64, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return peak, err
		case <-tick.C:
			peak = max(peak, peakMemory(pid))
		}
	}
}
