package cli

import (
	"errors"
	"io/fs"
	"syscall"

	"zoomscope/app"
	"zoomscope/app/worklist"
	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/slideio"
)

// explain phrases an error for the person at the keyboard: what happened, to
// which file, and what to do about it.
//
// Names of files that it may be about are shown such that they do no harm.
func explain(err error, names ...string) string {
	text := shownIn(err.Error(), err, names...)
	if own := (*advised)(nil); errors.As(err, &own) {
		return text + "\n  " + own.say
	}
	for _, a := range advice {
		if errors.Is(err, a.about) {
			return text + "\n  " + a.say
		}
	}
	return text
}

// advised is an error with the advice of a command of its own.
type advised struct {
	error
	say string
}

func (e *advised) Unwrap() error { return e.error }

var advice = []struct {
	about error
	say   string
}{
	{app.ErrResolutionUnknown, "If it was scanned with a 20x objective, add --magnification 20; with 40x, --magnification 40."},
	{slideio.ErrNoLibrary, "Run packaging/setup.sh, or name the library in ZOOMSCOPE_OPENSLIDE. PNG, JPEG and TIFF pictures open without it."},
	{device.ErrNoRuntime, "Run packaging/setup.sh, or name the library in ZOOMSCOPE_ORT."},
	{slideio.ErrUnsupported, "Formats read: those of OpenSlide (SVS, NDPI, MRXS, SCN, BIF, DICOM, tiled TIFF ...), and PNG, JPEG, TIFF and BMP pictures. A slide of one of them may be cut off: compare its size with the original's."},
	{slideio.ErrCorrupt, "If the file was copied, copy it again from the scanner or the archive: one that was cut off is the usual cause."},
	{slideio.ErrTooLarge, "Convert it to a tiled pyramidal TIFF, which is read piece by piece."},
	{app.ErrNoEncoder, "Install it with zoomscope encoders import FILE; zoomscope encoders list shows what is there."},
	{app.ErrNoModel, "zoomscope models list shows what is installed; zoomscope models import FILE installs one."},
	{app.ErrOtherSlide, "Name the slide that was analysed with --slide FILE."},
	{app.ErrNotEnded, "Go on with it: give the command it was started with and --resume; or end it with --finish."},
	{app.ErrNoSplit, "A run folder in place of the model file knows how it divided its slides; else CSV needs a column split."},
	{worklist.ErrInUse, "Close the other one first, its window too, or name another worklist with --db FILE."},
	{worklist.ErrNewer, "Use that version, or name another worklist with --db FILE."},
	{worklist.ErrFull, "Free some space and run this again: what was finished is kept."},
	{app.ErrEngineTrouble, "The slides are still queued: run this again once the cause is removed; --device cpu may do."},
	{mil.ErrEncoder, "Leave out --encoder to use the one the model was made for, or choose a model that was made for this one."},
	{encoder.ErrNotEncoder, "A network of another program needs --description FILE; zoomscope encoders import --help says what that holds."},
	{device.ErrOutOfMemory, "Close other programs, or try --device cpu."},
	{syscall.ENOSPC, "The disk is full. Free some space, or choose another folder with --out; what was finished is kept."},
	{fs.ErrPermission, "Check that you may read the file and write to the folder, or choose another folder."},
	{syscall.EROFS, "Nothing can be written there; choose another with --out."},
	{syscall.ENOTDIR, "A file stands where a folder is needed; choose another folder with --out."},
}
