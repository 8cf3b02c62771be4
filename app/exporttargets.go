package app

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"zoomscope/app/export"
)

// Targets are the paths that Export writes for a request that it would not refuse:
// files, and the folders of ExportPatches and ExportEverything.
func (r *ExportRequest) Targets() []string {
	var all []string
	for _, item := range r.Items {
		levels := []int{0}
		if item.PerMagnification() {
			levels = r.levels()
		}
		for _, level := range levels {
			all = append(all, r.target(item, level))
		}
	}
	return all
}

// Clash is what an export would write over.
type Clash struct {
	There []string // those of the request's targets that are there, in their order
	// Apart is the request under the first name with a number, such as slide-2, of
	// which no target is there.
	Apart ExportRequest
}

// Clashes finds which targets of a request are there already, or are among those that
// exports under way are to write. It looks at the disk, which may take long. A request
// with a File keeps it.
func Clashes(req ExportRequest, underWay []string) Clash {
	taken := func(path string) bool {
		return exists(path) || slices.ContainsFunc(underWay, func(other string) bool { return strings.EqualFold(path, other) })
	}
	c := Clash{Apart: req}
	for _, path := range req.Targets() {
		if taken(path) {
			c.There = append(c.There, path)
		}
	}
	name := cut(req.name(), longestName-10) // with room for the number
	for n := 2; req.File == "" && slices.ContainsFunc(c.Apart.Targets(), taken); n++ {
		c.Apart.Name = fmt.Sprintf("%s-%d", name, n)
	}
	return c
}

// target is where an item is written; level counts for what is one file for each.
func (r *ExportRequest) target(item ExportItem, level int) string {
	if r.File != "" {
		return r.File
	}
	name := r.name()
	if what := r.what(item, level); what != "" {
		name += "-" + what
	}
	return filepath.Join(r.Dir, name+item.extension())
}

// what follows the slide's name in that of a file or folder.
func (r *ExportRequest) what(item ExportItem, level int) string {
	switch item {
	case ExportAttention:
		return "attention-" + r.mag(level)
	case ExportOverlay:
		return "overlay-" + r.mag(level)
	case ExportPatches, ExportGeoJSON, ExportCSV:
		return "patches"
	case ExportJSON:
		return "result"
	case ExportEverything:
		return ""
	}
	return string(item)
}

// mag is the magnification of a level, as in a file's name.
func (r *ExportRequest) mag(level int) string {
	return strconv.FormatFloat(r.Result.Levels[level].Magnification, 'f', -1, 64) + "x"
}

// name is what the names of all files begin with.
func (r *ExportRequest) name() string {
	name := r.Name
	if name == "" && r.Result != nil {
		name = export.SlideName(r.Result.Slide)
	}
	return fileName(name)
}

// longestName is how many bytes of a name are kept; room is left for what follows it.
const longestName = 150

// notInFileNames are the characters, apart from those below the space, that some system
// lets no file's name hold.
const notInFileNames = `<>:"/\|?*`

// fileName makes a name that every system lets a file have.
func fileName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(notInFileNames, c) {
			return '_'
		}
		return c
	}, name)
	return cmp.Or(strings.TrimRight(strings.TrimLeft(cut(name, longestName), " "), " ."), "slide")
}

// cut takes letters off the end of a name that is longer than so many bytes.
func cut(name string, most int) string {
	for len(name) > most {
		letters := []rune(name)
		name = string(letters[:len(letters)-1])
	}
	return name
}
