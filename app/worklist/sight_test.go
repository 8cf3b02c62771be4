package worklist

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaces(t *testing.T) {
	type world map[string]string // path to content; "-" before a path: missing
	tests := map[string]struct {
		steps []any // []Sighting or []string, paths that are gone
		want  world
		cases int
	}{
		"one":               {[]any{[]Sighting{sighting("/a/x.svs", "X")}}, world{"/a/x.svs": "X"}, 1},
		"seen twice":        {[]any{[]Sighting{sighting("/a/x.svs", "X")}, []Sighting{sighting("/a/x.svs", "X")}}, world{"/a/x.svs": "X"}, 1},
		"two places":        {[]any{[]Sighting{sighting("/a/x.svs", "X"), sighting("/b/x.svs", "X")}}, world{"/a/x.svs": "X", "/b/x.svs": "X"}, 1},
		"gone":              {[]any{[]Sighting{sighting("/a/x.svs", "X")}, []string{"/a/x.svs"}}, world{"-/a/x.svs": "X"}, 1},
		"back again":        {[]any{[]Sighting{sighting("/a/x.svs", "X")}, []string{"/a/x.svs"}, []Sighting{sighting("/a/x.svs", "X")}}, world{"/a/x.svs": "X"}, 1},
		"moved, gone first": {[]any{[]Sighting{sighting("/a/x.svs", "X")}, []string{"/a/x.svs"}, []Sighting{sighting("/b/y.svs", "X")}}, world{"/b/y.svs": "X"}, 1},
		"moved, seen first": {[]any{[]Sighting{sighting("/a/x.svs", "X")}, []Sighting{sighting("/b/y.svs", "X")}, []string{"/a/x.svs"}}, world{"/b/y.svs": "X"}, 1},
		"overwritten":       {[]any{[]Sighting{sighting("/a/x.svs", "X")}, []Sighting{sighting("/a/x.svs", "Y")}}, world{"/a/x.svs": "Y"}, 1},
		"swapped": {[]any{[]Sighting{sighting("/a/x.svs", "X"), sighting("/a/y.svs", "Y")}, []Sighting{sighting("/a/x.svs", "Y"), sighting("/a/y.svs", "X")}},
			world{"/a/x.svs": "Y", "/a/y.svs": "X"}, 2},
		"gone from nowhere": {[]any{[]string{"/a/x.svs"}}, world{}, 0},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			for _, step := range c.steps {
				switch step := step.(type) {
				case []Sighting:
					got(s.See(t.Context(), step))(t)
				case []string:
					ok(t, s.Gone(t.Context(), step))
				}
			}
			is := world{}
			for path, p := range got(s.PlacesUnder(t.Context(), ""))(t) {
				if p.Missing {
					path = "-" + path
				} else if !p.Same(int64(len(p.Content)), someTime) {
					t.Errorf("%+v is not the same", p)
				}
				is[path] = p.Content
			}
			if diff := cmp.Diff(c.want, is); diff != "" {
				t.Error(diff)
			}
			if n := got(s.Count(t.Context(), Query{}))(t); n.Total != c.cases {
				t.Errorf("%d cases, want %d", n.Total, c.cases)
			}
			ok(t, s.Check(t.Context()))
		})
	}
}

// What was said of a slide stays when its file is overwritten by another.
func TestOverwrittenKeepsResults(t *testing.T) {
	s, u := stocked(t, 1)
	j := finish(t, s, u, outcome(u, 1, 0, 0))
	got(s.See(t.Context(), []Sighting{sighting("/slides/0/s000.svs", "other")}))(t)
	all := got(s.List(t.Context(), Query{Setup: u}))(t)
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	old := got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0]
	if !old.Missing || old.Places != 0 || old.Opinion == nil {
		t.Errorf("%+v", old)
	}
	added := got(s.See(t.Context(), []Sighting{sighting("/elsewhere/found.svs", "content 0")}))(t)
	if old = got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0]; added != 0 || old.Name != "found.svs" || old.Missing {
		t.Errorf("found again (%d added): %+v", added, old)
	}
}

// So does a note on a slide that nobody has judged yet, and that was not analysed.
func TestOverwrittenKeepsNotes(t *testing.T) {
	s := fresh(t)
	got(s.See(t.Context(), []Sighting{sighting("/a/x.svs", "old"), sighting("/a/y.svs", "silent")}))(t)
	for _, c := range got(s.List(t.Context(), Query{}))(t) {
		if c.Name == "x.svs" {
			ok(t, s.SetNote(t.Context(), "me", c.ID, "stain again"))
		}
	}
	got(s.See(t.Context(), []Sighting{sighting("/a/x.svs", "new"), sighting("/a/y.svs", "newer")}))(t)
	var notes []string
	all := got(s.List(t.Context(), Query{Reader: "me"}))(t)
	for _, c := range all {
		notes = append(notes, c.Note)
	}
	if len(all) != 3 || !slices.Contains(notes, "stain again") {
		t.Errorf("%d cases with the notes %q", len(all), notes)
	}
}

func TestUnder(t *testing.T) {
	s := fresh(t)
	got(s.See(t.Context(), []Sighting{sighting("/a/x", "1"), sighting("/a/b/y", "2"), sighting("/a b/z", "3"), sighting("/a%/z", "4"), sighting("/ab/z", "5")}))(t)
	for folder, want := range map[string][]string{"/a": {"/a/b/y", "/a/x"}, "/a/": {"/a/b/y", "/a/x"}, "/a/b": {"/a/b/y"}, "/a%": {"/a%/z"}, "/": {"/a b/z", "/a%/z", "/a/b/y", "/a/x", "/ab/z"}, "/none": nil} {
		is := slices.Sorted(maps.Keys(got(s.PlacesUnder(t.Context(), folder))(t)))
		if !slices.Equal(is, want) {
			t.Errorf("under %s: %q, want %q", folder, is, want)
		}
		if cases := got(s.List(t.Context(), Query{Filter: Filter{Folder: folder}}))(t); len(cases) != len(want) {
			t.Errorf("under %s: %q", folder, names(cases))
		}
	}
}

func TestFolders(t *testing.T) {
	s := fresh(t)
	ok(t, s.AddFolder(t.Context(), Folder{Path: "/b", Watch: true}))
	ok(t, s.AddFolder(t.Context(), Folder{Path: "/a"}))
	ok(t, s.AddFolder(t.Context(), Folder{Path: "/a", Images: true}))
	if diff := cmp.Diff([]Folder{{Path: "/a", Images: true}, {Path: "/b", Watch: true}}, got(s.Folders(t.Context()))(t)); diff != "" {
		t.Error(diff)
	}
	ok(t, s.RemoveFolder(t.Context(), "/a"))
	if n := len(got(s.Folders(t.Context()))(t)); n != 1 {
		t.Errorf("%d folders", n)
	}
}
