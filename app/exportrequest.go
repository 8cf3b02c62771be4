package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"zoomscope/app/export"
	"zoomscope/engine/result"
	"zoomscope/slideio"
	"zoomscope/slideio/atomicfile"
)

// ExportItem is one thing that a result can be exported as.
type ExportItem string

// The things there are. NAME is ExportRequest.Name, MAG a magnification such as 10x.
const (
	ExportAttention  ExportItem = "attention"    // NAME-attention-MAG.png, over the slide
	ExportView       ExportItem = "view"         // NAME-view.png, what the window shows
	ExportPatches    ExportItem = "patches"      // NAME-patches/, those that stand out
	ExportGeoJSON    ExportItem = "geojson"      // NAME-patches.geojson, for QuPath
	ExportCSV        ExportItem = "csv"          // NAME-patches.csv, every patch read
	ExportOverlay    ExportItem = "overlay-tiff" // NAME-overlay-MAG.tif, pyramidal
	ExportReport     ExportItem = "report"       // NAME-report.pdf, one page
	ExportJSON       ExportItem = "json"         // NAME-result.json, the analysis itself
	ExportEverything ExportItem = "everything"   // NAME/, as an analysis from the command line writes
)

// ExportItems lists the items there are.
func ExportItems() []ExportItem {
	return []ExportItem{
		ExportReport, ExportAttention, ExportView, ExportPatches, ExportOverlay, ExportGeoJSON, ExportCSV, ExportJSON, ExportEverything,
	}
}

// ReadsSlide reports whether the item shows pixels of the slide.
func (i ExportItem) ReadsSlide() bool {
	return !slices.Contains([]ExportItem{ExportView, ExportGeoJSON, ExportCSV, ExportJSON}, i)
}

// PerMagnification reports whether the item is one file for each magnification.
func (i ExportItem) PerMagnification() bool { return i == ExportAttention || i == ExportOverlay }

// extension is that of the item's files, "" for a folder.
func (i ExportItem) extension() string {
	switch i {
	case ExportAttention, ExportView:
		return ".png"
	case ExportGeoJSON:
		return ".geojson"
	case ExportCSV:
		return ".csv"
	case ExportOverlay:
		return ".tif"
	case ExportReport:
		return ".pdf"
	case ExportJSON:
		return ".json"
	}
	return ""
}

// Pictures gives pictures of a slide's areas, in level-0 pixels, as width x height
// pixels; outside the slide is white. A View does.
type Pictures interface {
	Picture(ctx context.Context, area result.Rect, width, height int) (*image.RGBA, error)
}

// ExportRequest asks for files of a finished analysis. What is zero is the usual way.
type ExportRequest struct {
	Result *result.Result // nil where ExportView is all that is asked for
	Slide  Pictures       // nil opens SlidePath
	// SlidePath is the slide's file; "" is where it was when it was analysed.
	SlidePath string

	Items  []ExportItem
	Levels []int  // of what is one file for each magnification, by index; nil for all with attention
	Dir    string // folder to write to, made when missing
	Name   string // that files begin with; "" is the slide's of the result
	// File is where a single file is written, in place of Dir and Name. Items and
	// Levels must then come to one.
	File string

	Heat        HeatOptions // of the result's attention, in everything that shows it
	MaxSide     int         // of the slide in attention pictures, in pixels; 0 for 2000
	Legend      bool        // beside attention pictures
	NoOutlines  bool        // in attention pictures
	Top         int         // patches that stand out where none was zoomed into; 0 for 12
	NoTissue    bool        // leaves the slide out of overlay TIFFs
	Downsample  float64     // of overlay TIFFs, in level-0 pixels; 0 chooses one
	ViewPicture image.Image // for ExportView
	ViewMPP     float64     // micrometres along a pixel of it, for its scale bar; 0 unknown
	Language    string      // of the report; one of assets.Languages, "" is English
	Letter      bool        // the report's paper
	Date        time.Time   // of the report; zero is now
}

// Export writes what is asked for and returns the paths of the files. Each is
// there whole or not at all; files of the same name are replaced: Clashes tells of
// them. An error names the file or folder it concerns; one in writing it is a
// WriteError. When ctx ends, so does the export, with ctx's error; the paths of what
// was finished by then are returned with any error.
// progress may be nil; it is told at most ten times a second and stage, from one
// goroutine at a time, how far the whole has come, which never falls, and what is
// being made.
func (w *Workspace) Export(ctx context.Context, req ExportRequest, progress func(result.Progress)) ([]string, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	if err := req.checkTargets(); err != nil {
		return nil, err
	}
	if req.File != "" {
		req.Dir = filepath.Dir(req.File)
	}
	if err := prepareFolder(req.Dir); err != nil {
		return nil, &WriteError{req.Dir, err}
	}
	e := &exporting{version: w.Version, ExportRequest: req}
	e.pace = exportPace{to: result.Throttle(progress), all: e.weights()}
	if slices.ContainsFunc(req.Items, ExportItem.ReadsSlide) {
		done, err := e.open(ctx, w)
		if err != nil {
			return nil, err
		}
		defer done()
	}
	for _, item := range req.Items {
		if err := e.item(ctx, item); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return e.written, err
		}
	}
	e.pace.finish()
	return e.written, nil
}

// ErrExport: an export that cannot be made, whatever the disk.
var ErrExport = errors.New("cannot be exported so")

func (r *ExportRequest) check() error {
	if len(r.Items) == 0 || r.Result == nil && !r.viewAlone() {
		return fmt.Errorf("nothing to export: %w", ErrExport)
	}
	if r.Result != nil {
		if err := export.Check(r.Result); err != nil {
			return err
		}
	}
	for _, item := range r.Items {
		if !slices.Contains(ExportItems(), item) {
			return fmt.Errorf("%q is none of %v: %w", item, ExportItems(), ErrExport)
		}
		if item == ExportView && r.ViewPicture == nil {
			return fmt.Errorf("there is no picture of the view: %w", ErrExport)
		}
	}
	for _, level := range r.Levels {
		if level < 0 || level >= len(r.Result.Levels) {
			return fmt.Errorf("level %d of %d: %w", level, len(r.Result.Levels), ErrExport)
		}
	}
	if err := r.checkAttention(); err != nil {
		return err
	}
	if r.File != "" && !r.single() {
		return fmt.Errorf("%s: more than one file, or a folder, was asked for: %w", r.File, ErrExport)
	}
	if r.File == "" && r.Dir == "" {
		return fmt.Errorf("no folder to write to: %w", ErrExport)
	}
	return nil
}

// checkTargets refuses to write over the slide.
func (r *ExportRequest) checkTargets() error {
	slide := r.SlidePath
	if slide == "" && r.Result != nil {
		slide = r.Result.Slide.Path
	}
	for _, path := range r.Targets() {
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			continue // of patches, or of everything
		}
		if err := CheckOutput(path, slide); err != nil {
			return err
		}
	}
	return nil
}

// checkAttention makes sure that there is attention where it is to be shown.
func (r *ExportRequest) checkAttention() error {
	if !slices.ContainsFunc(r.Items, ExportItem.PerMagnification) {
		return nil
	}
	blind := func(level int) bool { return r.Result.Levels[level].Blind() }
	if all := r.levels(); len(r.Result.Levels) > 0 && len(all) == 0 || slices.ContainsFunc(all, blind) {
		return fmt.Errorf("%s: %w: %w", r.Result.Model.Method, export.ErrNoAttention, ErrExport)
	}
	return nil
}

// viewAlone reports whether the view is all that is asked for, which needs no
// result but a name.
func (r *ExportRequest) viewAlone() bool {
	return len(r.Levels) == 0 && (r.Name != "" || r.File != "") &&
		!slices.ContainsFunc(r.Items, func(i ExportItem) bool { return i != ExportView })
}

// single reports whether one file will be written.
func (r *ExportRequest) single() bool {
	return len(r.Items) == 1 && r.Items[0].extension() != "" && (!r.Items[0].PerMagnification() || len(r.levels()) == 1)
}

// levels are the levels of what is one file for each: all that have attention,
// where none are asked for.
func (r *ExportRequest) levels() []int {
	if r.Levels != nil {
		return r.Levels
	}
	var all []int
	for i, l := range r.Result.Levels {
		if !l.Blind() {
			all = append(all, i)
		}
	}
	return all
}

// exporting is one run of Export.
type exporting struct {
	ExportRequest
	version string
	reader  export.AreaReader
	pace    exportPace
	written []string
}

// open finds the slide's pixels.
func (e *exporting) open(ctx context.Context, w *Workspace) (done func(), err error) {
	s := e.Result.Slide
	if e.Slide != nil {
		e.reader = areas{e.Slide}
		done = func() {}
		if sized, ok := e.Slide.(interface{ Size() (int, int) }); ok {
			width, height := sized.Size()
			content := func() (string, error) { return s.ContentID, nil } // pictures that do not know theirs
			if known, ok := e.Slide.(interface{ ContentID() (string, error) }); ok {
				content = known.ContentID
			}
			err = sameSlide(s, s.Path, width, height, content)
		}
		return done, err
	}
	path := cmp.Or(e.SlidePath, s.Path)
	slide, err := w.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	content := func() (string, error) { return slideio.ContentID(path) }
	if err := sameSlide(s, path, slide.Info().Width(), slide.Info().Height(), content); err != nil {
		slide.Close()
		return nil, err
	}
	e.reader = export.FromSlide(slide)
	return func() { slide.Close() }, nil
}

// ErrOtherSlide: a slide is not the one that was analysed.
var ErrOtherSlide = errors.New("not the slide that was analysed")

// sameSlide makes sure that a slide is the one of a result, by its size, and by its
// content where the result knows that.
func sameSlide(s result.Slide, path string, width, height int, content func() (string, error)) error {
	if s.Width != width || s.Height != height {
		return fmt.Errorf("%s: %d x %d pixels, the result's has %d x %d: %w", path, width, height, s.Width, s.Height, ErrOtherSlide)
	}
	if s.ContentID == "" {
		return nil
	}
	id, err := content()
	if err != nil {
		return err
	}
	if id != s.ContentID {
		return fmt.Errorf("%s: the file holds something else than when it was analysed: %w", path, ErrOtherSlide)
	}
	return nil
}

// areas reads areas from pictures.
type areas struct{ Pictures }

// ReadArea implements export.AreaReader.
func (a areas) ReadArea(ctx context.Context, dst *image.RGBA, area result.Rect) error {
	img, err := a.Picture(ctx, area, dst.Rect.Dx(), dst.Rect.Dy())
	if err != nil {
		return err
	}
	draw.Draw(dst, dst.Rect, img, img.Rect.Min, draw.Src)
	return nil
}

// item writes the files of one item.
func (e *exporting) item(ctx context.Context, item ExportItem) error {
	levels := []int{0}
	if item.PerMagnification() {
		levels = e.levels()
	}
	for _, level := range levels {
		e.pace.begin(e.weight(item, level))
		if err := e.file(ctx, item, level); err != nil {
			return err
		}
		e.pace.end()
	}
	return nil
}

// file writes a file of an item, or its folder. level counts for what is one file
// for each.
func (e *exporting) file(ctx context.Context, item ExportItem, level int) error {
	switch item {
	case ExportAttention:
		return e.attention(ctx, level)
	case ExportOverlay:
		return e.overlay(ctx, level)
	case ExportView:
		return e.save(ctx, item, level, func(w io.Writer) error { return export.WriteView(w, e.ViewPicture, e.ViewMPP) })
	case ExportReport:
		return e.report(ctx)
	case ExportPatches:
		return e.patches(ctx)
	case ExportGeoJSON:
		return e.save(ctx, item, level, func(w io.Writer) error {
			_, _, err := export.WriteGeoJSON(w, e.Result, export.GeoJSONOptions{})
			return err
		})
	case ExportCSV:
		return e.save(ctx, item, level, func(w io.Writer) error { return export.WriteCSV(w, e.Result) })
	case ExportJSON:
		return e.save(ctx, item, level, func(w io.Writer) error { return export.WriteJSON(w, e.Result) })
	default:
		return e.everything(ctx)
	}
}

// save writes one file whole or not at all.
func (e *exporting) save(ctx context.Context, item ExportItem, level int, write func(io.Writer) error) error {
	path := e.target(item, level)
	e.pace.report(result.Progress{Stage: "writing " + filepath.Base(path), Total: 1})
	err := atomicfile.Write(path, func(w io.Writer) error { return write(whileWanted{ctx, w}) })
	if err != nil {
		return exportFailed(path, err)
	}
	e.written = append(e.written, path)
	return nil
}

// whileWanted is a writer that fails once ctx has ended.
type whileWanted struct {
	ctx context.Context
	io.Writer
}

func (w whileWanted) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

func (e *exporting) drawing() export.AttentionOptions {
	return export.AttentionOptions{Heat: e.Heat, Top: e.Top, NoMarks: e.NoOutlines, NoLegend: !e.Legend}
}

func (e *exporting) attention(ctx context.Context, level int) error {
	req := export.AttentionRequest{AttentionOptions: e.drawing(), MaxSide: e.MaxSide, Progress: e.pace.report}
	return e.save(ctx, ExportAttention, level, func(w io.Writer) error {
		return export.WriteAttention(ctx, w, e.Result, level, e.reader, req)
	})
}

func (e *exporting) overlay(ctx context.Context, level int) error {
	path := e.target(ExportOverlay, level)
	o := export.OverlayOptions{Tissue: e.reader, Downsample: e.Downsample, Progress: e.pace.report}
	if e.NoTissue {
		o.Tissue = nil
	}
	if err := export.WriteOverlayTIFF(ctx, path, e.Result, level, e.Heat, o); err != nil {
		return exportFailed(path, err)
	}
	e.written = append(e.written, path)
	return nil
}

func (e *exporting) report(ctx context.Context) error {
	texts, err := export.LoadReportTexts(e.Language)
	if err != nil {
		return err
	}
	return e.save(ctx, ExportReport, 0, func(w io.Writer) error {
		return export.WriteReport(ctx, w, e.Result, e.reader, export.ReportOptions{
			Date: e.Date, Version: e.version, Texts: texts, Letter: e.Letter, Heat: e.Heat, Progress: e.pace.report,
		})
	})
}

func (e *exporting) patches(ctx context.Context) error {
	dir := e.target(ExportPatches, 0)
	ov, err := export.ReadOverview(ctx, e.reader, e.Result.Slide, 0)
	if err != nil {
		return naming(dir, err)
	}
	files, err := export.WritePatches(ctx, dir, e.reader, e.Result, ov, export.PatchOptions{Top: e.Top, Progress: e.pace.report})
	e.written = append(e.written, files...)
	if err != nil {
		return exportFailed(dir, err)
	}
	return nil
}

func (e *exporting) everything(ctx context.Context) error {
	dir := e.target(ExportEverything, 0)
	drawing := e.drawing()
	drawing.NoLegend = false
	files, err := export.Everything(ctx, dir, e.Result, e.reader, export.Options{MaxSide: e.MaxSide, Attention: drawing, Top: e.Top}, e.pace.report)
	e.written = append(e.written, files...)
	if err != nil {
		return exportFailed(dir, err)
	}
	return nil
}

// ReadResult reads a result.json that an analysis wrote; errors name the file.
func ReadResult(path string) (*result.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := export.ReadJSON(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
