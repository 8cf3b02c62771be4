package cli

import (
	"context"
	"errors"
	"fmt"

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
type someFailed struct{ failed, total int }

func (e someFailed) Error() string {
	return fmt.Sprintf("%d of %d slides failed; the others are done", e.failed, e.total)
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
		return someFailed{failed, total}
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
