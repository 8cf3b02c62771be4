package app

import (
	"context"
	"errors"
	"io/fs"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/slideio"
)

// ErrorKind sorts errors by what a user can do about them.
type ErrorKind string

// The kinds of errors.
const (
	ErrorOther             ErrorKind = "other" // none of the others; also of no error
	ErrorUnsupported       ErrorKind = "unsupported"
	ErrorDamaged           ErrorKind = "damaged"
	ErrorMissing           ErrorKind = "missing" // file or folder
	ErrorNoPermission      ErrorKind = "no-permission"
	ErrorTooLarge          ErrorKind = "too-large"        // a picture that would have to be decoded whole
	ErrorNoLibrary         ErrorKind = "no-library"       // OpenSlide
	ErrorNoRuntime         ErrorKind = "no-runtime"       // ONNX Runtime
	ErrorResolutionUnknown ErrorKind = "no-resolution"    // the user has to state it
	ErrorNoModel           ErrorKind = "no-model"         // of that name
	ErrorNoEncoder         ErrorKind = "no-encoder"       // a model's encoder is not installed
	ErrorOtherEncoder      ErrorKind = "other-encoder"    // the model was made for another one
	ErrorOutOfMemory       ErrorKind = "out-of-memory"    // on a device
	ErrorTooManyPatches    ErrorKind = "too-many-patches" // for the memory there is, in a method that takes all at once
	ErrorDiskFull          ErrorKind = "disk-full"        //
	ErrorReadOnly          ErrorKind = "read-only"        // nothing can be written to the drive
	ErrorCannotWrite       ErrorKind = "cannot-write"     // to a folder
	ErrorOtherSlide        ErrorKind = "other-slide"      // than the one that was analysed
	ErrorCancelled         ErrorKind = "cancelled"        // no error to tell of
)

// KindOf sorts an error. Where several kinds fit, it is the one that says most.
func KindOf(err error) ErrorKind {
	for _, k := range errorKinds() {
		if errors.Is(err, k.is) {
			return k.kind
		}
	}
	return ErrorOther
}

// errorKinds are the errors that are told apart, in the order to ask for them.
func errorKinds() []kindOf {
	kinds := []kindOf{
		{context.Canceled, ErrorCancelled},
		{ErrResolutionUnknown, ErrorResolutionUnknown},
		{grid.ErrNoResolution, ErrorResolutionUnknown},
		{slideio.ErrNoLibrary, ErrorNoLibrary},
		{device.ErrNoRuntime, ErrorNoRuntime},
		{device.ErrOutOfMemory, ErrorOutOfMemory},
		{mil.ErrMemory, ErrorTooManyPatches},
		{ErrNoEncoder, ErrorNoEncoder},
		{mil.ErrEncoder, ErrorOtherEncoder},
		{ErrNoModel, ErrorNoModel},
	}
	for _, err := range diskFullErrors() {
		kinds = append(kinds, kindOf{err, ErrorDiskFull})
	}
	for _, err := range readOnlyErrors() {
		kinds = append(kinds, kindOf{err, ErrorReadOnly})
	}
	return append(kinds, []kindOf{
		{ErrCannotWrite, ErrorCannotWrite},
		{ErrOtherSlide, ErrorOtherSlide},
		{fs.ErrPermission, ErrorNoPermission},
		{slideio.ErrTooLarge, ErrorTooLarge},
		{fs.ErrNotExist, ErrorMissing},
		{slideio.ErrUnsupported, ErrorUnsupported},
		{encoder.ErrNotEncoder, ErrorUnsupported},
		{slideio.ErrCorrupt, ErrorDamaged},
		{slideio.ErrGivenUp, ErrorDamaged},
		{slideio.ErrClosed, ErrorCancelled}, // nobody looks at it any more
	}...)
}

type kindOf struct {
	is   error
	kind ErrorKind
}
