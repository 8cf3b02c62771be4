package train

import (
	"errors"
	"fmt"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
)

// maxOpen is how many bags are kept open: mapped, so that only what is read of
// them takes memory, and that of the system's choosing.
const maxOpen = 256

// bagCache opens bags as they are asked for and keeps the latest. It belongs to
// one goroutine.
type bagCache struct {
	magnifications []float64
	open           *simplelru.LRU[string, openBag]
	err            error // of closing
}

type openBag struct {
	file *bag.File
	view *bag.View
}

func openBags(magnifications []float64, limit int) *bagCache {
	c := &bagCache{magnifications: magnifications}
	// An error is for a limit below one.
	c.open, _ = simplelru.NewLRU(limit, func(_ string, b openBag) {
		c.err = errors.Join(c.err, b.file.Close())
	})
	return c
}

// get gives the features of a sample at the magnifications. They are valid until
// the next get.
func (c *bagCache) get(s *Sample) (mil.Source, error) {
	if s.instances != nil {
		return s.instances, nil
	}
	path := s.Bag
	if b, ok := c.open.Get(path); ok {
		return b.view, nil
	}
	f, err := bag.Open(path)
	if err != nil {
		return nil, err
	}
	v, err := bag.Select(f, c.magnifications)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	c.open.Add(path, openBag{f, v})
	return v, nil
}

// Close closes all bags.
func (c *bagCache) Close() error {
	c.open.Purge()
	return c.err
}
