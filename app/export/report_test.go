package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

var anyDate = time.Date(2025, 3, 4, 15, 6, 7, 0, time.UTC)

// written is the report of r, uncompressed.
func written(t testing.TB, r *result.Result, reader AreaReader, o ReportOptions) []byte {
	t.Helper()
	if o.Date.IsZero() {
		o.Date = anyDate
	}
	o.plain = true
	var buf bytes.Buffer
	if err := WriteReport(t.Context(), &buf, r, reader, o); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// shown matches the strings that a page shows.
var shown = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)

// pageText is all text of a page, its lines joined by blanks.
func pageText(t testing.TB, pdf []byte) string {
	t.Helper()
	var lines []string
	for _, m := range shown.FindAllSubmatch(pdf, -1) {
		raw := regexp.MustCompile(`(?s)\\(.)`).ReplaceAllFunc(m[1], func(b []byte) []byte {
			if b[1] == 'r' {
				return []byte{'\r'}
			}
			return b[1:]
		})
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		lines = append(lines, strings.ReplaceAll(string(utf16.Decode(units)), "\u00a0", " "))
	}
	return strings.Join(lines, " ")
}

// timed is small with all that an analysis records.
func timed(t testing.TB) (*result.Result, AreaReader) {
	r, reader := small(t)
	r.Model.SHA256, r.Encoder.SHA256 = strings.Repeat("0123456789abcdef", 4), strings.Repeat("fedcba9876543210", 4)
	r.Device = result.Device{Requested: "cuda", Used: "cpu", Name: "Xeon", Reason: "cuda was requested, but the driver is too old"}
	r.Seconds = result.Seconds{Tissue: 0.25, Read: 1.5, Encode: 7.75, Heads: 0.0625, Total: 8.5}
	r.Seed = 77
	return r, reader
}

func TestReportSays(t *testing.T) {
	r, reader := timed(t)
	r.Warnings = append(r.Warnings, "pixels are not square")
	text := pageText(t, written(t, r, reader, ReportOptions{Version: "1.2.3"}))
	for _, want := range []string{
		result.ResearchUse, "Attention report", "S-104", "4 March 2025, 15:06", "Zoomscope 1.2.3",
		"carcinoma", "92 %", "benign", "7 %", "< 1 %", "Untrained model", "not trained", "ZoomMIL scattering", "zoommil", "0123456789ab", "builtin fedcba987654",
		"mirax", "6 000 x 5 000 pixels", "1.51 x 1.26 mm", "0.2522 µm per pixel", "39.7x", "openslide.mpp-x",
		"5x, 10x, 20x", "3 at 5x, 3 at 10x", "77", "cpu, Xeon", "cuda", "the driver is too old",
		"8.5 s: tissue 0.2, reading 1.5, encoding 7.8, heads 0.1", "pixels are not square",
		"Attention at 5x", "Attention at 10x", "Attention at 20x", "Slide alone", "outlined: 3 zoomed into", "dashed: 3 read at 10x", "outlined: 12 with the most",
		"5x: 3 of 3 patches zoomed into", "20x: 8 of 12 patches read", "512 µm wide", "500 µm",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if n := strings.Count(text, result.ResearchUse); n != 2 {
		t.Errorf("research use is said %d times", n)
	}
	for _, pick := range Picks(r.Levels[0], 3) {
		p := r.Levels[0].Patches[pick.Index]
		if want := fmt.Sprintf("x %.0f y %.0f", p.X, p.Y); !strings.Contains(text, want) || !strings.Contains(text, percent(p.ZoomAttention)) {
			t.Errorf("patch of rank %d at %s is not on the page", pick.Rank, want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestReportIsPrivate wants no folder on the page or in the file, unless asked for.
func TestReportIsPrivate(t *testing.T) {
	r, reader := timed(t)
	r.Slide.Path = "/home/doe/Jane Roe/S-104.mrxs"
	r.Device.Reason = `library "/usr/local/secret lib/x.so" and C:\Users\doe\y.dll: too old`
	r.Warnings = append(r.Warnings, "A bag of the slide was not used: /data/doe/bags/S-104.bag: is damaged.", "about /home/doe/Jane Roe/S-104.mrxs.")
	pdf := written(t, r, reader, ReportOptions{})
	text := pageText(t, pdf)
	for _, secret := range []string{"/home", "doe", "Jane", "/data", "Users"} {
		if strings.Contains(text, secret) || bytes.Contains(pdf, []byte(secret)) {
			t.Errorf("%q is in the report: %s", secret, text)
		}
	}
	for _, want := range []string{"S-104.bag: is damaged", "about S-104", "y.dll: too old"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page: %s", want, text)
		}
	}
	if text := pageText(t, written(t, r, reader, ReportOptions{Path: true})); !strings.Contains(text, "/home/doe/Jane Roe/") {
		t.Errorf("the path was asked for and is missing: %s", text)
	}
}

func TestWithoutPaths(t *testing.T) {
	for text, want := range map[string]string{
		"no path":                                "no path",
		"0.5 um/px and 5/10/20":                  "0.5 um/px and 5/10/20",
		"/a/b/c.svs: damaged":                    "c.svs: damaged",
		`at C:\cases\one.svs`:                    "at one.svs",
		`at \\server\share\one.svs, and`:         "at one.svs, and",
		"(/usr/lib/x.so)":                        "(x.so)",
		"https is no path: a//b":                 "https is no path: a//b",
		"two /a/b and /c/d/e":                    "two b and e",
		"libonnxruntime.so.1 not found":          "libonnxruntime.so.1 not found",
		"openslide: /a/b: libopenslide.so.1 bad": "openslide: b: libopenslide.so.1 bad",
	} {
		if got := withoutPaths(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestReportIsOnePage(t *testing.T) {
	for name, change := range map[string]func(*result.Result, *ReportOptions){
		"usual":  func(*result.Result, *ReportOptions) {},
		"letter": func(_ *result.Result, o *ReportOptions) { o.Letter = true },
		"long name": func(r *result.Result, _ *ReportOptions) {
			r.Slide.Path = strings.Repeat("very_long_name ", 40) + ".svs"
		},
		"odd letters":   func(r *result.Result, _ *ReportOptions) { r.Slide.Path = "切片 \U0001f52c \xff\x00\n.svs" },
		"no resolution": func(r *result.Result, _ *ReportOptions) { r.Slide.MPP = [2]float64{}; r.Slide.MPPSource = "" },
		"no bounds":     func(r *result.Result, _ *ReportOptions) { r.Slide.Bounds = result.Rect{} },
		"narrow": func(r *result.Result, _ *ReportOptions) {
			r.Slide.Bounds = result.Rect{X: 100, Y: 0, Width: 1, Height: 5000}
		},
		"flat": func(r *result.Result, _ *ReportOptions) {
			r.Slide.Bounds = result.Rect{X: 0, Y: 50, Width: 6000, Height: 2}
		},
		"many warnings": func(r *result.Result, o *ReportOptions) {
			o.Letter = true
			for range 40 {
				r.Warnings = append(r.Warnings, strings.Repeat("what must be known of this slide, ", 12))
			}
		},
		"many classes": func(r *result.Result, o *ReportOptions) {
			o.Letter = true
			r.Model.Classes, r.Prediction.Probabilities = nil, nil
			for i := range 40 {
				r.Model.Classes = append(r.Model.Classes, fmt.Sprintf("a class with a name of some length, number %d", i))
				r.Prediction.Probabilities = append(r.Prediction.Probabilities, 1/40.)
			}
		},
		"nothing read": func(r *result.Result, _ *ReportOptions) {
			for i := range r.Levels {
				r.Levels[i].Patches = nil
			}
		},
		"no prediction": func(r *result.Result, _ *ReportOptions) { r.Prediction = result.Prediction{} },
		"no levels":     func(r *result.Result, _ *ReportOptions) { r.Levels, r.Model.Magnifications, r.Model.K = nil, nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			r, reader := timed(t)
			var o ReportOptions
			change(r, &o)
			pdf := written(t, r, reader, o)
			if n := bytes.Count(pdf, []byte("/Type /Page\n")); n != 1 {
				t.Errorf("%d pages", n)
			}
			if text := pageText(t, pdf); strings.Count(text, result.ResearchUse) != 2 {
				t.Errorf("research use is missing: %s", text)
			}
			wantOnPaper(t, pdf)
		})
	}
}

var (
	mediaBox = regexp.MustCompile(`/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]`)
	textAt   = regexp.MustCompile(`BT ([\d.-]+) ([\d.-]+) Td`)
	imageAt  = regexp.MustCompile(`q ([\d.-]+) 0 0 ([\d.-]+) ([\d.-]+) ([\d.-]+) cm`)
)

// wantOnPaper wants all within the margins, and pictures above the line at the
// foot.
func wantOnPaper(t *testing.T, pdf []byte) {
	t.Helper()
	number := func(b []byte) (v float64) {
		if _, err := fmt.Sscan(string(b), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	box := mediaBox.FindSubmatch(pdf)
	if box == nil {
		t.Fatal("no MediaBox")
	}
	const mm = 72 / 25.4
	left, low, right, high := (reportMargin-0.1)*mm, (reportMargin-1)*mm, number(box[1])-(reportMargin-0.1)*mm, number(box[2])-(reportMargin-1)*mm
	texts, images := textAt.FindAllSubmatch(pdf, -1), imageAt.FindAllSubmatch(pdf, -1)
	if len(texts) < 10 {
		t.Errorf("only %d texts found", len(texts))
	}
	for _, m := range texts {
		if x, y := number(m[1]), number(m[2]); x < left || x > right || y < low || y > high {
			t.Errorf("text at %v, %v", x, y)
		}
	}
	for _, m := range images { // some are cut off at the right
		w, h, x, y := number(m[1]), number(m[2]), number(m[3]), number(m[4])
		if x < left || x+w > right+3*mm || y < low+3*mm || y+h > high || w <= 0 || h <= 0 {
			t.Errorf("picture of %v x %v at %v, %v", w, h, x, y)
		}
	}
}

// TestReportRepeats wants equal bytes for equal results, and other ones on
// another day.
func TestReportRepeats(t *testing.T) {
	r, reader := timed(t)
	var first []byte
	for i := range 3 {
		var buf bytes.Buffer
		if err := WriteReport(t.Context(), &buf, r, reader, ReportOptions{Date: anyDate, Version: "1"}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = buf.Bytes()
		} else if !bytes.Equal(first, buf.Bytes()) {
			t.Fatalf("bytes differ the %d. time", i+1)
		}
	}
	var later bytes.Buffer
	if err := WriteReport(t.Context(), &later, r, reader, ReportOptions{Date: anyDate.Add(time.Hour), Version: "1"}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, later.Bytes()) {
		t.Error("another date gives the same bytes")
	}
}

func TestReportInGerman(t *testing.T) {
	r, reader := timed(t)
	r.Model.Magnifications[0], r.Levels[0].Magnification = 2.5, 2.5
	r.Model.Trained, r.Model.Note = true, "The model was trained on synthetic tissue: it is for trying out the program, not for diagnosis."
	texts, err := LoadReportTexts("de")
	if err != nil {
		t.Fatal(err)
	}
	text := pageText(t, written(t, r, reader, ReportOptions{Texts: texts}))
	for _, want := range []string{
		"Nur für Forschungszwecke.", result.ResearchUse, "Vorhersage", "Aufmerksamkeit bei 2,5x", "0,2522 µm je Pixel", "04.03.2025, 15:06",
		"Das Modell wurde an künstlichem Gewebe trainiert", "Gewebe 0,2", "trainiert",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page: %s", want, text)
		}
	}
}

// TestReportPictures counts what the page shows, for nothing else may be on it, a
// label least of all: of each level its attention and its colours, the slide
// alone, the patches.
func TestReportPictures(t *testing.T) {
	r, reader := timed(t)
	pdf := written(t, r, reader, ReportOptions{})
	want := 2*3 + 1 + 3 + 3 + 8
	if n := len(imageAt.FindAll(pdf, -1)); n != want {
		t.Errorf("%d pictures, want %d", n, want)
	}
}

func TestReportRefuses(t *testing.T) {
	r, reader := timed(t)
	broken := errors.New("broken")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	bad := *r
	bad.Version = 9
	for name, c := range map[string]struct {
		ctx    context.Context
		r      *result.Result
		reader AreaReader
		o      ReportOptions
		want   error
	}{
		"result":    {t.Context(), &bad, reader, ReportOptions{}, nil},
		"scale":     {t.Context(), r, reader, ReportOptions{Heat: HeatOptions{Scale: "log"}}, nil},
		"slide":     {t.Context(), r, brokenReader{reader, broken}, ReportOptions{}, broken},
		"cancelled": {ended, r, reader, ReportOptions{}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			err := WriteReport(c.ctx, &buf, c.r, c.reader, c.o)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || buf.Len() > 0 {
				t.Errorf("error %v, want %v; %d bytes", err, c.want, buf.Len())
			}
		})
	}
}

// TestReportEnds cancels while patches are read.
func TestReportEnds(t *testing.T) {
	r, reader := timed(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := 0
	var buf bytes.Buffer
	err := WriteReport(ctx, &buf, r, reader, ReportOptions{Progress: func(p result.Progress) {
		if last = p.Done; last == 4 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || buf.Len() > 0 || last != 4 {
		t.Errorf("error %v after %d parts, %d bytes", err, last, buf.Len())
	}
}

// TestReportColumns wants the pictures of every number of levels as large as
// the words beside them allow, and within their room.
func TestReportColumns(t *testing.T) {
	r, _ := timed(t)
	rep, err := newReport(r, ReportOptions{Date: anyDate})
	if err != nil {
		t.Fatal(err)
	}
	for room := 60.0; room < 200; room += 35 {
		c := rep.layOut(room)
		if c.height() > room+0.1 || c.w > c.width+0.1 {
			t.Errorf("room of %v: height %v, picture of %v in a cell of %v", room, c.height(), c.w, c.width)
		}
		area := Area(r.Slide)
		if got, want := c.w/c.h, area.Width/area.Height; math.Abs(got-want) > 1e-9 {
			t.Errorf("room of %v: picture of %v x %v", room, c.w, c.h)
		}
	}
}

// TestReportTexts wants both languages whole, with the same verbs.
func TestReportTexts(t *testing.T) {
	english, err := LoadReportTexts("")
	if err != nil {
		t.Fatal(err)
	}
	verbs := regexp.MustCompile(`%[^ ]`)
	en := reflect.ValueOf(english)
	for _, lang := range assets.Languages() {
		texts, err := LoadReportTexts(lang)
		if err != nil {
			t.Fatal(err)
		}
		if texts.Language != lang {
			t.Errorf("%s says that it is %s", lang, texts.Language)
		}
		de := reflect.ValueOf(texts)
		for i := range en.NumField() {
			if en.Field(i).Kind() != reflect.String {
				continue // the sentences
			}
			name, a, b := en.Type().Field(i).Name, en.Field(i).String(), de.Field(i).String()
			if b == "" || fmt.Sprint(verbs.FindAllString(a, -1)) != fmt.Sprint(verbs.FindAllString(b, -1)) {
				t.Errorf("%s: %s is %q, in English %q", lang, name, b, a)
			}
		}
		var keys map[string]any
		if err := json.Unmarshal(assets.ReportText(lang), &keys); err != nil || len(keys) != en.NumField()-1 { // sentences are no key
			t.Errorf("%s has %d keys, want %d (%v)", lang, len(keys), en.NumField()-1, err)
		}
	}
	if assets.ReportText("xx") != nil {
		t.Error("there are words in xx")
	}
	if english.ResearchUse != result.ResearchUse {
		t.Errorf("research use: %q", english.ResearchUse)
	}
}

func TestSheetLines(t *testing.T) {
	s, err := newSheet(document{date: anyDate})
	if err != nil {
		t.Fatal(err)
	}
	l := lettering{size: 8}
	text := "some words that are to be set_in_a_column-of-little width, and Donaudampfschifffahrtsgesellschaft"
	for _, width := range []float64{1, 8, 20, 300} {
		lines := s.wrap(text, width, l)
		for _, line := range lines {
			if s.wide(line, l) > width && len([]rune(line)) > 1 {
				t.Errorf("%q is wider than %v", line, width)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("width %v: letters are lost: %q", width, got)
		}
		for name, few := range map[string][]string{"lines": s.lines(text, max(width, 8), 2, l), "start": s.start(text, max(width, 8), 2, l)} {
			if len(few) > 2 {
				t.Errorf("%s, width %v: %q", name, width, few)
			}
			for _, line := range few {
				if s.wide(line, l) > max(width, 8) {
					t.Errorf("%s: %q is wider than %v", name, line, width)
				}
			}
		}
	}
	if got := s.clean("a\tb\x01c\U0001f52cµ–切"); got != "a bc?µ–?" {
		t.Errorf("cleaned %q", got)
	}
}

func BenchmarkReport(b *testing.B) {
	r, reader := timed(b)
	for b.Loop() {
		var buf bytes.Buffer
		if err := WriteReport(b.Context(), &buf, r, reader, ReportOptions{Date: anyDate}); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(buf.Len()))
	}
}

// TestEverythingWithReport writes the report on demand, and takes away an older one
// when it is not asked for.
func TestEverythingWithReport(t *testing.T) {
	r, reader := small(t)
	dir := t.TempDir()
	path := filepath.Join(dir, ReportFile)
	o := quick()
	o.Report = &ReportOptions{Date: anyDate}
	files, err := Everything(t.Context(), dir, r, reader, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(data, []byte("%PDF-1")) || !slices.Contains(files, path) {
		t.Errorf("report %.10q, error %v, among %q", data, err, files)
	}
	if _, err := Everything(t.Context(), dir, r, reader, quick(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the older report is left (%v)", err)
	}
}
