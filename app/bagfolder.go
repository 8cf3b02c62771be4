package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"zoomscope/engine/bag"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// bagFolder is a folder of bags that analyses may take features from; nil is none.
type bagFolder struct {
	dir   string
	names []string // of the bags' files
}

// openBagFolder lists the bags of a folder; "" is none.
func openBagFolder(dir string) (*bagFolder, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	f := &bagFolder{dir: dir}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), BagExt) {
			f.names = append(f.names, e.Name())
		}
	}
	return f, nil
}

// of are the bags that are called after a slide.
func (f *bagFolder) of(slide string) []string {
	if f == nil {
		return nil
	}
	var paths []string
	name := strings.ToLower(stem(slide))
	for _, n := range f.names {
		if strings.HasPrefix(strings.ToLower(n), name) {
			paths = append(paths, filepath.Join(f.dir, n))
		}
	}
	return paths
}

// fromBag analyses a slide with the features of a bag of the same content. Where
// there is none the result is nil; where there are some that cannot be used, why
// says it.
func (j *job) fromBag(ctx context.Context, req zoom.Request) (r *result.Result, why string, err error) {
	paths := j.bags.of(j.path)
	if len(paths) == 0 {
		return nil, "", nil
	}
	id, err := slideio.ContentID(j.path)
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		r, err := j.fromOneBag(ctx, req, id, path)
		if r != nil {
			return r, "", nil
		}
		if ctx.Err() != nil {
			return nil, "", context.Cause(ctx)
		}
		if err != nil {
			why = fmt.Sprintf("A bag of the slide was not used: %v.", err)
		}
	}
	return nil, why, nil
}

// fromOneBag gives neither a result nor an error for the bag of another slide.
func (j *job) fromOneBag(ctx context.Context, req zoom.Request, id, path string) (*result.Result, error) {
	b, err := bag.Open(path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if b.Manifest().ContentID != id {
		return nil, nil
	}
	return j.engine.AnalyzeBag(ctx, req, id, path, b, j.report)
}
