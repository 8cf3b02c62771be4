package synth

import (
	"context"
	"fmt"
	"image"

	"zoomscope/slideio/tiff"
)

// quality of the JPEG tiles on disk.
const quality = 80

// Write writes the slide that the parameters describe to a pyramidal TIFF. Its
// finest level is the slide's, the others are reduced from it, each to a quarter
// unless p.Downsamples has another constant factor. progress, where not nil, is
// told how many tiles are done. Errors name the file; those of impossible
// parameters wrap ErrParams.
func Write(ctx context.Context, path string, p Params, progress func(done, total int)) error {
	s, err := New(p)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer s.Close()
	opts, err := s.pyramid()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	opts.Progress = progress
	return tiff.WritePyramid(ctx, path, source{s}, opts)
}

// encoding is how synthetic slides are stored.
func encoding(mpp float64) tiff.Encoding {
	return tiff.Encoding{
		TileSize: tileSize, Quality: quality, MPPX: mpp, MPPY: mpp,
		Aperio: true, Description: "Zoomscope synthetic slide",
	}
}

func (s *Slide) pyramid() (tiff.PyramidOptions, error) {
	opts := tiff.PyramidOptions{Encoding: encoding(s.params.MPP), Factor: 4, Smallest: tileSize}
	levels := s.infoBase.Levels
	if ds := s.params.Downsamples; len(ds) > 1 {
		opts.Factor = int(ds[1])
	}
	last := levels[len(levels)-1]
	opts.Smallest = max(last.Width, last.Height)
	sizes := tiff.LevelSizes(s.params.Width, s.params.Height, max(2, opts.Factor), opts.Smallest)
	if len(sizes) != len(levels) {
		return opts, fmt.Errorf("%w: levels %v on disk", ErrParams, s.params.Downsamples)
	}
	for i, l := range levels {
		if sizes[i] != image.Pt(l.Width, l.Height) {
			return opts, fmt.Errorf("%w: levels %v on disk", ErrParams, s.params.Downsamples)
		}
	}
	return opts, nil
}

// source gives the finest level without keeping its tiles.
type source struct{ *Slide }

func (s source) Size() (int, int) { return s.params.Width, s.params.Height }

func (s source) Draw(ctx context.Context, dst *image.RGBA, x, y int) error {
	if tile := image.Rect(x, y, x+tileSize, y+tileSize); !tile.In(s.params.area()) {
		return s.ReadRegion(ctx, dst, 0, x, y)
	}
	s.draw(dst, tileAddress{0, x / tileSize, y / tileSize})
	return nil
}
