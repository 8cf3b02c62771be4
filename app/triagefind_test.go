package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// plant makes files in a folder; a name that ends in a slash is a folder, and "a -> b"
// a link.
func plant(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(root, filepath.FromSlash(name))
		from, to, link := strings.Cut(name, " -> ")
		var err error
		switch {
		case link:
			err = os.Symlink(to, filepath.Join(root, filepath.FromSlash(from)))
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(name), 0o644))
		}
		if link && err != nil {
			t.Skipf("no links here: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindSlides(t *testing.T) {
	for name, c := range map[string]struct {
		there  []string
		images bool
		want   []string
	}{
		"nothing":               {nil, false, nil},
		"endings":               {[]string{"a.svs", "b.TIFF", "c.ndpi", "d.txt", "e.png", "f.jpg", "svs", "g.svs.part", "h.dcm"}, false, []string{"a.svs", "b.TIFF", "c.ndpi", "h.dcm"}},
		"pictures asked for":    {[]string{"a.svs", "e.PNG", "f.jpg", "g.jpeg", "h.gif"}, true, []string{"a.svs", "e.PNG", "f.jpg", "g.jpeg"}},
		"subfolders":            {[]string{"x/a.svs", "x/y/z/b.svs", "c.svs", "empty/"}, false, []string{"c.svs", "x/a.svs", "x/y/z/b.svs"}},
		"hidden":                {[]string{".a.svs", "._b.svs", ".trash/c.svs", "d.svs"}, false, []string{"d.svs"}},
		"mrxs with its folder":  {[]string{"a.mrxs", "a/Data0000.dat", "a/Slidedat.ini", "a/preview.jpg", "b/c.jpg"}, true, []string{"a.mrxs", "b/c.jpg"}},
		"folder like an mrxs":   {[]string{"a/b.svs"}, false, []string{"a/b.svs"}},
		"vms with its pictures": {[]string{"x.vms", "x-(0,0).jpg", "x_macro.jpg", "y.jpg"}, true, []string{"x.vms", "y.jpg"}},
		"a folder like a slide": {[]string{"a.svs/b.svs"}, false, []string{"a.svs/b.svs"}},
		"link to a file":        {[]string{"a.svs", "b.svs -> a.svs"}, false, []string{"a.svs", "b.svs"}},
		"link to nothing":       {[]string{"a.svs", "b.svs -> gone.svs"}, false, []string{"a.svs"}},
		"link to a folder":      {[]string{"b/x.svs", "a -> b"}, false, []string{"b/x.svs"}},
		"loop":                  {[]string{"a/x.svs", "a/up -> ..", "a/self -> ../a"}, false, []string{"a/x.svs"}},
		"loop of links":         {[]string{"a.svs", "b -> c", "c -> b"}, false, []string{"a.svs"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			plant(t, root, c.there...)
			f, err := findSlides(root, c.images)
			if err != nil {
				t.Fatal(err)
			}
			var is []string
			for _, x := range f.files {
				rel, _ := filepath.Rel(root, x.path)
				is = append(is, filepath.ToSlash(rel))
			}
			if !slices.Equal(is, c.want) {
				t.Errorf("%q, want %q", is, c.want)
			}
			if name != "loop of links" && len(f.problems) > 0 {
				t.Errorf("problems %v", f.problems)
			}
		})
	}
}

// What lies outside is found through a link, once.
func TestFindSlidesOutside(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	plant(t, other, "x.svs", "sub/y.svs")
	plant(t, root, "one -> "+other, "two -> "+filepath.Join(other, "sub"))
	f, err := findSlides(root, false)
	if err != nil || len(f.files) != 2 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestFindSlidesTrouble(t *testing.T) {
	if _, err := findSlides(filepath.Join(t.TempDir(), "none"), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	root := t.TempDir()
	plant(t, root, "a.svs", "locked/b.svs")
	locked := filepath.Join(root, "locked")
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(locked, 0o755) })
	if _, err := os.ReadDir(locked); err == nil {
		t.Skip("this user may read everything")
	}
	f, err := findSlides(root, false)
	if err != nil || len(f.files) != 1 || len(f.problems) != 1 || !strings.Contains(f.problems[0].Error(), locked) {
		t.Errorf("%+v, %v", f, err)
	}
}

// The folder of an .mrxs counts: a slide whose data is still being copied changes.
func TestLookAt(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "a.mrxs", "a/Data0000.dat")
	before, err := lookAt(filepath.Join(root, "a.mrxs"))
	if err != nil || before.size != int64(len("a.mrxs")+len("a/Data0000.dat")) {
		t.Errorf("%+v, %v", before, err)
	}
	plant(t, root, "a/Data0001.dat")
	if after, err := lookAt(filepath.Join(root, "a.mrxs")); err != nil || after.same(before) {
		t.Errorf("%+v, %v", after, err)
	}
}

func TestResting(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	type glance struct {
		after    int // seconds since the start
		size     int64
		modified int // seconds since the start
		want     bool
	}
	for name, looks := range map[string][]glance{
		"long done":                {{0, 5, -61, true}},
		"just written":             {{0, 5, -1, false}, {1, 5, -1, false}, {2, 5, -1, true}},
		"growing":                  {{0, 5, 0, false}, {2, 6, 2, false}, {4, 7, 4, false}, {6, 7, 4, true}},
		"stalls, then goes on":     {{0, 5, 0, false}, {1, 5, 0, false}, {2, 6, 2, false}, {3, 6, 2, false}, {4, 6, 2, true}},
		"size known beforehand":    {{0, 9, 0, false}, {2, 9, 2, false}, {4, 9, 4, false}, {7, 9, 4, true}},
		"server's clock runs fast": {{0, 5, 3600, false}, {2, 5, 3600, true}},
		"old time, set at the end": {{0, 5, 0, false}, {2, 9, -100, true}},
	} {
		r := newResting(triageTimes{rest: 2 * time.Second, old: time.Minute})
		for i, l := range looks {
			r.now = func() time.Time { return at(l.after) }
			if is := r.look(slideFile{"p", l.size, at(l.modified)}); is != l.want {
				t.Errorf("%s, look %d: at rest %v", name, i, is)
			}
			r.end()
		}
		if r.waiting() != 0 {
			t.Errorf("%s: still waits", name)
		}
	}
	r := newResting(triageTimes{rest: time.Second, old: time.Minute})
	r.look(slideFile{path: "p", modified: time.Now()})
	r.end()
	if r.waiting() != 1 {
		t.Error("does not wait for a file that was just written")
	}
	r.end()
	if r.waiting() != 0 {
		t.Error("waits for a file that is gone")
	}
}

func TestDelay(t *testing.T) {
	times := usualTimes()
	last := time.Duration(0)
	for n := range 40 {
		d := times.delay(n)
		if d < last || d > 10*time.Minute || n < 3 && d <= last {
			t.Errorf("after %d failures %v, before it %v", n, d, last)
		}
		last = d
	}
}
