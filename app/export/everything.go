package export

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"image"
	"io"
	"path/filepath"

	"zoomscope/engine/result"
)

// Options say what Everything writes; the zero value is the usual way.
type Options struct {
	MaxSide   int // of overviews, in pixels; 0 for DefaultMaxSide
	Attention AttentionOptions
	Top       int // patches written, and outlined, at the highest magnification; 0 for DefaultTop
	GeoJSON   GeoJSONOptions
	ZoomPath  ZoomPathOptions // its Progress is not used
	Report    *ReportOptions  // nil for none; its Progress is not used
}

// ResultFile is the name of the file that Everything writes last.
const ResultFile = "result.json"

// Everything writes all there is of an analysis into dir, which is made when
// missing:
//
//	attention-5x.png ...    attention over the slide, per magnification; for a method that has any
//	zoom-path.png           what was zoomed into, step by step; for a method that zooms
//	patches/                the patches that stand out (WritePatches)
//	patches.csv             every patch that was read
//	patches.geojson         the same for QuPath
//	pictures.json           where in the attention pictures the slide lies, and their scales
//	report.pdf              all of it on a page, where o.Report asks for it
//	result.json             the analysis itself
//
// All is written beside the folder's files first and takes their place at the end,
// result.json last: where it is, all is there, and what an earlier analysis left
// stays whole until then. Files of these names are replaced or removed; others are
// left alone. It returns the paths written, in order. Progress may be nil; it is
// called from one goroutine at a time.
func Everything(ctx context.Context, dir string, r *result.Result, reader AreaReader, o Options, progress func(result.Progress)) ([]string, error) {
	if err := Check(r); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(result.Progress) {}
	}
	at, err := stage(dir)
	if err != nil {
		return nil, err
	}
	defer at.drop()
	w := &writer{ctx: ctx, dir: at.part, r: r, reader: reader, o: o, progress: progress}
	for _, step := range []func() error{w.overview, w.attention, w.zoomPath, w.patches, w.tables, w.report, w.result} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, at.naming(err)
		}
	}
	return at.install(w.written, everythingLeft()...)
}

// everythingLeft are the files that an earlier analysis may have left, result.json
// first.
func everythingLeft() []string {
	all := []string{ResultFile, "attention-*x.png", "zoom-path.png", ReportFile}
	for _, pattern := range patchesLeft {
		all = append(all, patchFolder+"/"+pattern)
	}
	return all
}

// writer is one run of Everything.
type writer struct {
	ctx      context.Context
	dir      string
	r        *result.Result
	reader   AreaReader
	o        Options
	progress func(result.Progress)

	ov      *Overview
	sidecar sidecar
	written []string
}

// save writes one file of the folder.
func (w *writer) save(name string, write func(io.Writer) error) error {
	path := filepath.Join(w.dir, name)
	if err := save(w.ctx, path, write); err != nil {
		return err
	}
	w.written = append(w.written, path)
	return nil
}

func (w *writer) savePNG(name string, img image.Image) error {
	return w.save(name, func(out io.Writer) error { return WritePNG(out, img) })
}

func (w *writer) overview() (err error) {
	w.progress(result.Progress{Stage: "overview", Total: 1})
	w.ov, err = ReadOverview(w.ctx, w.reader, w.r.Slide, w.o.MaxSide)
	w.progress(result.Progress{Stage: "overview", Done: 1, Total: 1})
	return err
}

func (w *writer) attention() error {
	o := w.o.Attention
	o.Top = cmp.Or(o.Top, w.o.Top)
	w.sidecar = sidecar{Version: 1, Slide: SlideName(w.r.Slide), Notice: result.ResearchUse, Pictures: []description{}}
	for i, level := range w.r.Levels {
		w.progress(result.Progress{Stage: "attention pictures", Done: i, Total: len(w.r.Levels)})
		if err := w.ctx.Err(); err != nil {
			return err
		}
		pic, err := DrawAttention(w.r, i, w.ov, o)
		if errors.Is(err, ErrNoAttention) {
			continue
		}
		if err != nil {
			return err
		}
		name := "attention-" + magName(level.Magnification) + ".png"
		if err := w.savePNG(name, pic.Image); err != nil {
			return err
		}
		w.sidecar.Pictures = append(w.sidecar.Pictures, describe(name, level, pic))
	}
	w.progress(result.Progress{Stage: "attention pictures", Done: len(w.r.Levels), Total: len(w.r.Levels)})
	return w.save("pictures.json", w.sidecar.write)
}

func (w *writer) zoomPath() error {
	if len(w.r.Model.K) == 0 {
		return nil
	}
	o := w.o.ZoomPath
	o.Progress = w.progress
	img, err := DrawZoomPath(w.ctx, w.reader, w.r, w.ov, o)
	if err != nil {
		return err
	}
	return w.savePNG("zoom-path.png", img)
}

func (w *writer) patches() error {
	o := PatchOptions{Top: w.o.Top, Progress: w.progress}
	files, err := WritePatches(w.ctx, filepath.Join(w.dir, patchFolder), w.reader, w.r, w.ov, o)
	w.written = append(w.written, files...)
	return err
}

func (w *writer) tables() error {
	if err := w.save("patches.csv", func(out io.Writer) error { return WriteCSV(out, w.r) }); err != nil {
		return err
	}
	return w.save("patches.geojson", func(out io.Writer) error {
		_, _, err := WriteGeoJSON(out, w.r, w.o.GeoJSON)
		return err
	})
}

func (w *writer) report() error {
	if w.o.Report == nil {
		return nil
	}
	o := *w.o.Report
	o.Progress = w.progress
	return w.save(ReportFile, func(out io.Writer) error { return WriteReport(w.ctx, out, w.r, w.reader, o) })
}

func (w *writer) result() error {
	return w.save(ResultFile, func(out io.Writer) error { return WriteJSON(out, w.r) })
}

// sidecar is pictures.json: what another program needs to lay the pictures over
// the slide.
type sidecar struct {
	Version  int           `json:"version"`
	Slide    string        `json:"slide"`
	Pictures []description `json:"pictures"`
	Notice   string        `json:"notice"`
}

// description is one attention picture: its pixels [x, y, width, height] show
// the area, in level-0 pixels.
type description struct {
	File          string      `json:"file"`
	Magnification float64     `json:"magnification"`
	Pixels        [4]int      `json:"pixels"`
	Area          result.Rect `json:"area"`
	Layer         Layer       `json:"layer"`
	Scale         Scale       `json:"scale"`
	Low           float64     `json:"low"`
	High          float64     `json:"high"`
	ColorMap      string      `json:"color_map"`
	Opacity       float64     `json:"opacity"`
	Blend         Blend       `json:"blend"`
}

func describe(name string, level result.Level, pic *Picture) description {
	h, at := pic.Heat, pic.Slide
	return description{
		File: name, Magnification: level.Magnification,
		Pixels: [4]int{at.Min.X, at.Min.Y, at.Dx(), at.Dy()}, Area: pic.Area,
		Layer: h.layer, Scale: h.scale, Low: h.low, High: h.high, ColorMap: h.colors.Name(), Opacity: h.opacity, Blend: pic.Blend,
	}
}

func (s sidecar) write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}
