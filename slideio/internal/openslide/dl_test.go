package openslide

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Whatever else the process does, the error of a missing library is that library's.
func TestMissingLibraryIsNamed(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprintf("libnone%d.so", i)
			for range 500 {
				if _, err := dlopen(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: error %v", name, err)
					return
				}
			}
		})
	}
	all.Wait()
}
