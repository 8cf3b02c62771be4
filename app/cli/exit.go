package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"zoomscope/app"
)

// Exit statuses, the same for every command.
const (
	exitDone   = 0 // all done
	exitFailed = 1 // nothing done, or the one thing asked for failed
	exitUsage  = 2 // the command line is wrong
	exitSome   = 3 // some slides of a batch failed, the others are done
)

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// someFailed is a batch of which a part was done; what says what was not.
type someFailed struct{ what string }

func (e someFailed) Error() string { return e.what + "; the others are done" }

// triageError is the error of a triage: of total slides on the list some failed or are
// still waiting, and besides these there are folders and files that could not be looked
// at.
func triageError(failed, waiting, total, unread int) error {
	if waiting == 0 && unread == 0 {
		return batchError(failed, total)
	}
	var parts []string
	if failed > 0 {
		parts = append(parts, slidesFailed(failed, total))
	}
	if waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d slides still waiting", waiting, total))
	}
	if unread > 0 {
		parts = append(parts, counted(unread, "file or folder", "files or folders")+" could not be looked at")
	}
	what := strings.Join(parts, ", ")
	if failed+waiting < total {
		return someFailed{what}
	}
	return errors.New(what)
}

func slidesFailed(failed, total int) string {
	return fmt.Sprintf("%d of %d slides failed", failed, total)
}

// errSaid is a failure that was explained already.
var errSaid = errors.New("the slide failed")

// batchError is the error of a batch with failed of total slides not done: nil,
// someFailed, or an ordinary error when nothing was done.
func batchError(failed, total int) error {
	switch {
	case failed == 0:
		return nil
	case failed < total:
		return someFailed{slidesFailed(failed, total)}
	case total == 1:
		return errSaid
	default:
		return fmt.Errorf("all %d slides failed", total)
	}
}

func exitStatus(err error) int {
	var usage usageError
	var some someFailed
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage), errors.Is(err, app.ErrOutput):
		return exitUsage
	case errors.As(err, &some):
		return exitSome
	default:
		return exitFailed
	}
}

// stopped reports whether err came of the user ending the command.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
}
