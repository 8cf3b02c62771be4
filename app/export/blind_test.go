package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/result"
)

// blind is an analysis by a method that weighs no patches.
func blind(t testing.TB, says bool) (*result.Result, AreaReader) {
	t.Helper()
	reader := painted{6000, 5000, stripes}
	s := result.Slide{Path: "/cases/S-7.svs", Vendor: "aperio", Width: 6000, Height: 5000, MPP: [2]float64{0.5, 0.5}, MPPSource: "openslide.mpp-x"}
	r := analysed(t, reader, s, []float64{10}, 3)
	r.Model.Method = "meanmil"
	r.Levels[0].NoAttention = says
	for i := range r.Levels[0].Patches {
		r.Levels[0].Patches[i].Attention = 0
	}
	return r, reader
}

// instance is an analysis by a method that looks at one patch alone, the third.
func instance(t testing.TB) (*result.Result, AreaReader) {
	r, reader := blind(t, false)
	r.Model.Method = "maxmil"
	r.Levels[0].Patches[2].Attention = 1
	return r, reader
}

// TestNoAttention: nothing that is written ranks or colours patches that a method
// does not weigh, whether the result says so or has zeros, as older ones do.
func TestNoAttention(t *testing.T) {
	for name, says := range map[string]bool{"said": true, "zeros of an older version": false} {
		t.Run(name, func(t *testing.T) {
			r, reader := blind(t, says)
			ov, err := ReadOverview(t.Context(), reader, r.Slide, 100)
			if err != nil {
				t.Fatal(err)
			}
			t.Run("ranks", func(t *testing.T) {
				if p := Picks(r.Levels[0], 12); len(p) != 0 {
					t.Errorf("picks %v", p)
				}
				if ranks := Ranks(r.Levels[0], Pooled); slices.Max(ranks) != 0 {
					t.Errorf("ranks %v", ranks)
				}
			})
			t.Run("pictures", func(t *testing.T) {
				if _, err := DrawAttention(r, 0, ov, AttentionOptions{}); !errors.Is(err, ErrNoAttention) {
					t.Errorf("attention: error %v", err)
				}
				path := filepath.Join(t.TempDir(), "a.tif")
				if err := WriteOverlayTIFF(t.Context(), path, r, 0, HeatOptions{}, OverlayOptions{Tissue: reader}); !errors.Is(err, ErrNoAttention) {
					t.Errorf("overlay: error %v", err)
				}
				if _, err := os.Stat(path); err == nil {
					t.Error("there is an overlay")
				}
			})
			t.Run("tables", func(t *testing.T) { checkBlindTables(t, r) })
			t.Run("folder", func(t *testing.T) { checkBlindFolder(t, r, reader) })
			t.Run("report", func(t *testing.T) {
				text := pageText(t, written(t, r, reader, ReportOptions{}))
				for _, want := range []string{"The method has no attention", "Slide", result.ResearchUse} {
					if !strings.Contains(text, want) {
						t.Errorf("%q is not on the page: %s", want, text)
					}
				}
				for _, wrong := range []string{"Attention at", "most attention", "outlined"} {
					if strings.Contains(text, wrong) {
						t.Errorf("%q is on the page: %s", wrong, text)
					}
				}
			})
		})
	}
}

// rows is the CSV file of r without its header.
func rows(t *testing.T, r *result.Result) [][]string {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteCSV(&buf, r); err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(&buf).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

// properties are those of the features of r's GeoJSON file.
func properties(t *testing.T, r *result.Result) []geoProperties {
	t.Helper()
	var buf bytes.Buffer
	if _, _, err := WriteGeoJSON(&buf, r, GeoJSONOptions{}); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Features []struct{ Properties geoProperties }
	}
	if err := json.Unmarshal(buf.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	var all []geoProperties
	for _, f := range file.Features {
		all = append(all, f.Properties)
	}
	return all
}

func checkBlindTables(t *testing.T, r *result.Result) {
	for i, row := range rows(t, r) {
		if row[6] != "" || row[7] != "" || row[9] != "" {
			t.Fatalf("row %d has attention %q, zoom attention %q, rank %q", i, row[6], row[7], row[9])
		}
	}
	all := properties(t, r)
	for i, p := range all {
		if p.Name != "" || len(p.Measurements) != 0 || p.Metadata["rank"] != "" || p.Color != all[0].Color {
			t.Fatalf("object %d: %+v", i, p)
		}
	}
}

func checkBlindFolder(t *testing.T, r *result.Result, reader AreaReader) {
	dir := t.TempDir()
	seen, _ := small(t) // an earlier analysis, by a method that zooms
	if _, err := Everything(t.Context(), dir, seen, reader, quick(), nil); err != nil {
		t.Fatal(err)
	}
	files, err := Everything(t.Context(), dir, r, reader, quick(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		name, _ := filepath.Rel(dir, f)
		names = append(names, filepath.ToSlash(name))
	}
	if want := []string{"pictures.json", "patches/index.csv", "patches.csv", "patches.geojson", "result.json"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	if n := tree(t, dir); n != len(files) {
		t.Errorf("%d files in the folder, %d written: some are the earlier analysis's", n, len(files))
	}
	data, err := os.ReadFile(filepath.Join(dir, ResultFile))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSON(bytes.NewReader(data))
	if err != nil || got.Levels[0].NoAttention != r.Levels[0].NoAttention || !got.Levels[0].Blind() {
		t.Errorf("read again: %v, %+v", err, got.Levels[0].NoAttention)
	}
}

// TestOnePatch: a patch without attention has no rank beside one that has all.
func TestOnePatch(t *testing.T) {
	r, reader := instance(t)
	if p := Picks(r.Levels[0], 12); !slices.Equal(p, []Pick{{Index: 2, Rank: 1}}) {
		t.Errorf("picks %v", p)
	}
	for i, row := range rows(t, r) {
		if want := map[bool]string{true: "1"}[i == 2]; row[9] != want || row[6] == "" {
			t.Errorf("row %d has rank %q and attention %q", i, row[9], row[6])
		}
	}
	for i, p := range properties(t, r) {
		if want := map[bool]string{true: "10x rank 1"}[i == 2]; p.Name != want {
			t.Errorf("object %d is named %q", i, p.Name)
		}
	}
	text := pageText(t, written(t, r, reader, ReportOptions{}))
	for _, want := range []string{"Attention at 10x", "outlined: 1 with the most", "10x: 1 of "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page: %s", want, text)
		}
	}
}

// TestAttentionDenied: a result that denies the attention it holds is refused.
func TestAttentionDenied(t *testing.T) {
	r, _ := instance(t)
	r.Levels[0].NoAttention = true
	if err := Check(r); err == nil {
		t.Error("accepted")
	}
}
