package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/slideio"
)

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"resolution":      {app.ErrResolutionUnknown, "--magnification 20"},
		"OpenSlide":       {slideio.ErrNoLibrary, "ZOOMSCOPE_OPENSLIDE"},
		"ONNX Runtime":    {device.ErrNoRuntime, "ZOOMSCOPE_ORT"},
		"format":          {slideio.ErrUnsupported, "SVS"},
		"damage":          {&slideio.RegionError{Path: "a.svs", Err: slideio.ErrCorrupt}, "copy it again"},
		"size":            {slideio.ErrTooLarge, "pyramidal TIFF"},
		"no encoder":      {app.ErrNoEncoder, "encoders import"},
		"no model":        {app.ErrNoModel, "models list"},
		"other encoder":   {mil.ErrEncoder, "--encoder"},
		"foreign encoder": {encoder.ErrNotEncoder, "--description"},
		"device memory":   {device.ErrOutOfMemory, "--device cpu"},
		"full disk":       {&fs.PathError{Op: "write", Path: "out/result.json", Err: syscall.ENOSPC}, "The disk is full"},
		"read-only disk":  {&fs.PathError{Op: "mkdir", Path: "out", Err: syscall.EROFS}, "another with --out"},
		"permission":      {&fs.PathError{Op: "open", Path: "out", Err: syscall.EACCES}, "another folder"},
		"no folder":       {&fs.PathError{Op: "mkdir", Path: "out", Err: syscall.ENOTDIR}, "--out"},
	} {
		t.Run(name, func(t *testing.T) {
			text := explain(fmt.Errorf("a.svs: %w", c.err))
			if !strings.Contains(text, c.says) || !strings.Contains(text, c.err.Error()) {
				t.Errorf("%q does not say %q and %q", text, c.says, c.err)
			}
		})
	}
	if text := explain(os.ErrInvalid); text != os.ErrInvalid.Error() {
		t.Errorf("an error without advice: %q", text)
	}
}

// What cannot be written is a failure, with its reason.
func TestFullStandardOutput(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	m := bare(t)
	m.onStdout = full
	picture := tissuePNG(t, t.TempDir()+"/a.png", 30, 20)
	m.run(t, "info", picture, "--json").want(t, exitFailed, "The disk is full")
	m.run(t, "info", picture).want(t, exitFailed, "The disk is full")
	m.run(t, "encoders", "list").want(t, exitFailed, "The disk is full")
}

// What ends the command's context is not an error of the program, whatever the
// cause is called.
func TestStopped(t *testing.T) {
	for name, cause := range map[string]error{"cancel": nil, "signal": fmt.Errorf("interrupt signal received")} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			m := bare(t)
			s := m.runWith(t, ctx, "info", tissuePNG(t, t.TempDir()+"/a.png", 30, 20))
			s.want(t, exitFailed, "zoomscope: stopped")
			if s.stdout != "" {
				t.Errorf("stdout %q", s.stdout)
			}
		})
	}
}
