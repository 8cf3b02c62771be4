package bench

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func shell(t *testing.T) string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	return sh
}

// What a peer said last is told, and nothing else of it.
func TestPeerEnds(t *testing.T) {
	sh := shell(t)
	const hello = `echo '{"name": "a peer"}'; read line; `
	for name, c := range map[string]struct{ script, want string }{
		"crashes":       {hello + `printf 'fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\nmain.main()\n' >&2; exit 2`, sh + ": exit status 2: fatal error: runtime: out of memory"},
		"panics":        {hello + `printf 'panic: no room\n\ngoroutine 1 [running]:\n' >&2; exit 2`, sh + ": exit status 2: panic: no room"},
		"fails":         {hello + `printf 'Traceback:\n  File "x"\nImportError: torch\n\n' >&2; exit 1`, sh + ": exit status 1: ImportError: torch"},
		"says nothing":  {hello + `exit 3`, sh + ": exit status 3"},
		"just ends":     {hello, sh + ": gave no answer"},
		"stutters":      {hello + `echo what; exec sleep 100`, sh + `: answered "what": invalid`},
		"is no peer":    {`exit 4`, sh + ": exit status 4"},
		"prints only x": {`exec head -c 2000000 /dev/zero`, sh + ": bufio.Scanner: token too long"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := StartPeer(t.Context(), []string{sh, "-c", c.script})
			if err == nil {
				_, err = p.Run(t.Context(), 1)
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if p != nil {
				if err := p.Close(); err != nil {
					t.Errorf("told twice: %v", err)
				}
			}
		})
	}
	if _, err := StartPeer(t.Context(), []string{"/nonexist"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// A peer that is stopped has not failed: the error is that of the context alone.
func TestPeerStopped(t *testing.T) {
	command := []string{shell(t), "-c", `echo '{"name": "a peer"}'; echo 'something odd' >&2; exec sleep 100`}
	for name, work := range map[string]func(ctx context.Context) error{
		"a method": func(ctx context.Context) error {
			_, err := MethodStep(ctx, MethodCase{Method: "maxmil", Patches: 16, Rounds: 1, Ours: command}, nil)
			return err
		},
		"a shape": func(ctx context.Context) error {
			_, err := Step(ctx, command, StepShape{Name: "small"}, 1)
			return err
		},
		"closing": func(ctx context.Context) error {
			p, err := StartPeer(ctx, command)
			if err != nil {
				return err
			}
			return p.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			if err := work(ctx); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "odd") || strings.Contains(err.Error(), "killed") {
				t.Errorf("error %v", err)
			}
		})
	}
}
