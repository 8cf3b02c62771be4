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

// someFailed is a batch of which a part was done.
type someFailed struct {
	failed, total int
	unread        int // folders and files that could not be looked at, besides
}

func (e someFailed) Error() string {
	var parts []string
	if e.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d slides failed", e.failed, e.total))
	}
	if e.unread > 0 {
		parts = append(parts, couldNotBeRead(e.unread))
	}
	return strings.Join(parts, ", ") + "; the others are done"
}

// couldNotBeRead counts folders and files that are no slides of the list.
func couldNotBeRead(n int) string {
	return counted(n, "file or folder", "files or folders") + " could not be looked at"
}

// triageError is batchError where, besides the slides of the list, there are folders
// and files that could not be looked at.
func triageError(failed, total, unread int) error {
	switch {
	case unread == 0:
		return batchError(failed, total)
	case failed < total:
		return someFailed{failed, total, unread}
	case total > 0:
		return fmt.Errorf("%d of %d slides failed, %s", failed, total, couldNotBeRead(unread))
	}
	return errors.New(couldNotBeRead(unread))
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
		return someFailed{failed: failed, total: total}
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
