package train

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"zoomscope/engine/bag"
)

// BagExt is the ending of a bag's file name, behind the name of its slide.
const BagExt = bag.Ext

// ending is what is taken for a file ending: a name such as TCGA-1.2 has none.
var ending = regexp.MustCompile(`\.[A-Za-z][A-Za-z0-9]{0,7}$`)

// stem is a slide's file name without folder and ending.
func stem(slide string) string {
	name := base(slide)
	return cmp.Or(strings.TrimSuffix(name, ending.FindString(name)), name)
}

// base is a slide's file name; tables made on Windows may use its separator.
func base(slide string) string {
	return slide[strings.LastIndexAny(slide, `/\`)+1:]
}

// bagFolder finds the bags of slides by their names.
type bagFolder struct {
	dir       string
	names     []string // of bags, without BagExt
	manifests map[string]bag.Manifest
}

func openBagFolder(dir string) (*bagFolder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	f := &bagFolder{dir: dir, manifests: map[string]bag.Manifest{}}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), BagExt); ok && name != "" && !e.IsDir() {
			f.names = append(f.names, name)
		}
	}
	slices.Sort(f.names)
	return f, nil
}

func (f *bagFolder) path(name string) string { return filepath.Join(f.dir, name+BagExt) }

// find gives the path of a slide's bag. Of several with fitting names it is the
// one that was made of this very file; else the one that is called exactly as the
// slide, with or without ending; else the only one made of a file of that name.
func (f *bagFolder) find(slide, located string) (string, error) {
	fitting, exact := f.fitting(slide)
	if len(fitting) > 1 {
		for _, name := range fitting {
			m, err := f.manifest(name)
			if err != nil {
				return "", err
			}
			if samePath(m.Slide.Path, located) {
				return f.path(name), nil
			}
		}
	}
	if exact {
		return f.path(fitting[0]), nil
	}
	return f.only(slide, fitting)
}

// only is the one bag among names that was made of a file called as the slide.
func (f *bagFolder) only(slide string, names []string) (string, error) {
	var left []string
	for _, name := range names {
		m, err := f.manifest(name)
		if err != nil {
			return "", err
		}
		if of := m.Slide.Path; of == "" || strings.EqualFold(base(of), base(slide)) || strings.EqualFold(stem(of), stem(slide)) {
			left = append(left, name+BagExt)
		}
	}
	switch len(left) {
	case 0:
		return "", fmt.Errorf("%s has none", slide)
	case 1:
		return filepath.Join(f.dir, left[0]), nil
	}
	return "", fmt.Errorf("%s could be any of %s", slide, strings.Join(left, ", "))
}

// fitting are the bags whose names begin as the slide's, the likeliest first;
// exact says that the first is called just so. Case counts only where it tells
// bags apart.
func (f *bagFolder) fitting(slide string) (names []string, exact bool) {
	type scored struct {
		name  string
		score int
	}
	var all []scored
	for _, name := range f.names {
		if score := fit(name, slide); score > 0 {
			all = append(all, scored{name, score})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return b.score - a.score })
	for _, s := range all {
		names = append(names, s.name)
	}
	return names, len(all) > 0 && all[0].score > 1
}

// fit says how well a bag's name is that of a slide: 0 not at all, 1 with
// something behind it, more for exactly.
func fit(name, slide string) int {
	whole, short := base(slide), stem(slide)
	switch {
	case name == whole:
		return 5
	case strings.EqualFold(name, whole):
		return 4
	case name == short:
		return 3
	case strings.EqualFold(name, short):
		return 2
	case len(name) > len(short) && strings.EqualFold(name[:len(short)], short) && strings.ContainsRune("._- (", rune(name[len(short)])):
		return 1
	}
	return 0
}

// manifest opens a bag by name, once.
func (f *bagFolder) manifest(name string) (bag.Manifest, error) {
	if m, ok := f.manifests[name]; ok {
		return m, nil
	}
	b, err := bag.Open(f.path(name))
	if err != nil {
		return bag.Manifest{}, err
	}
	f.manifests[name] = b.Manifest()
	return f.manifests[name], b.Close()
}

func samePath(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}
