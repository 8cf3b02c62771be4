package export

import (
	"image"
	"io"
)

// writePNG is WritePNG, which tells about how much of the file is written; done
// reaches total at the end alone.
func writePNG(w io.Writer, img *image.RGBA, tell func(done, total int)) error {
	total := max(pngSize(img), 1)
	counted := &counter{to: w}
	counted.told = func() { tell(min(counted.n, total-1), total) }
	if err := WritePNG(counted, img); err != nil {
		return err
	}
	tell(total, total)
	return nil
}

// pngSize guesses how many bytes a picture has as PNG, by a few thin slices of it.
func pngSize(img *image.RGBA) int {
	const slices, rows = 12, 16
	r := img.Rect
	if r.Dy() < 4*slices*rows { // it takes no time to speak of
		return 4 * r.Dx() * r.Dy()
	}
	some := &counter{to: io.Discard, told: func() {}}
	for i := range slices {
		y := r.Min.Y + (2*i+1)*r.Dy()/(2*slices)
		if err := WritePNG(some, img.SubImage(image.Rect(r.Min.X, y, r.Max.X, y+rows))); err != nil {
			return 4 * r.Dx() * r.Dy()
		}
	}
	return some.n * r.Dy() / (slices * rows)
}

// counter counts what is written, and tells of it after each part.
type counter struct {
	to   io.Writer
	n    int
	told func()
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += n
	c.told()
	return n, err
}
