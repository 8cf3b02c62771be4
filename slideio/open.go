package slideio

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
)

// Open opens a slide with the first driver that can read it.
//
// A file that is missing, is a folder, is not a plain file or is empty is told
// apart before any driver sees it. When every driver refuses the file as
// unsupported the error wraps ErrUnsupported and each driver's reason; any other
// error of a driver ends the search.
func Open(ctx context.Context, path string, drivers ...Driver) (Slide, error) {
	if err := checkFile(path); err != nil {
		return nil, err
	}
	if len(drivers) == 0 {
		return nil, fmt.Errorf("%s: %w: no drivers", path, ErrUnsupported)
	}
	var refusals []error
	for _, d := range drivers {
		s, err := d.Open(ctx, path)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, ErrUnsupported) {
			return nil, err
		}
		refusals = append(refusals, err)
	}
	return nil, &unsupportedError{path: path, refusals: refusals}
}

func checkFile(path string) error {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		return fmt.Errorf("%s: is a folder; name one slide file (of a DICOM series, any of its files): %w", path, ErrUnsupported)
	case !st.Mode().IsRegular():
		return fmt.Errorf("%s: is not a plain file: %w", path, ErrUnsupported)
	case st.Size() == 0:
		return fmt.Errorf("%s: the file is empty: %w", path, ErrCorrupt)
	}
	return nil
}

// unsupportedError names the file once, and says why each driver refused it.
type unsupportedError struct {
	path     string
	refusals []error
}

func (e *unsupportedError) Error() string {
	head := e.path + ": " + ErrUnsupported.Error()
	msg := head
	for _, err := range e.refusals {
		if why := strings.TrimPrefix(err.Error(), head); why != "" && why[0] != ' ' {
			msg += "; " + why
		} else {
			msg += why
		}
	}
	return msg
}

func (e *unsupportedError) Unwrap() []error { return append([]error{ErrUnsupported}, e.refusals...) }

// FillOutside paints dst white outside the rectangle inside, which counts from
// dst's top left pixel. It is for drivers, whose reads may reach over the edge.
func FillOutside(dst *image.RGBA, inside image.Rectangle) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	inside = inside.Intersect(image.Rect(0, 0, w, h))
	if inside.Empty() {
		inside = image.Rectangle{}
	}
	if inside.Dx() == w && inside.Dy() == h {
		return
	}
	for y := range h {
		row := dst.Pix[y*dst.Stride:][:4*w]
		if y < inside.Min.Y || y >= inside.Max.Y {
			fillWhite(row)
			continue
		}
		fillWhite(row[:4*inside.Min.X])
		fillWhite(row[4*inside.Max.X:])
	}
}

func fillWhite(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}
