package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRoot(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Root(), "go.mod")); err != nil {
		t.Error(err)
	}
}

func TestVariables(t *testing.T) {
	elsewhere := t.TempDir()
	tests := []struct{ name, value, want string }{
		{"absolute", elsewhere, elsewhere},
		{"relative", "packaging/testenv", filepath.Join(Root(), "packaging", "testenv")},
		{"upwards", "../" + filepath.Base(Root()) + "/packaging", filepath.Join(Root(), "packaging")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("ZOOMSCOPE_GOLDEN", test.value)
			if got := Golden(t); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestAbsentSkips(t *testing.T) {
	t.Setenv("ZOOMSCOPE_DATA", filepath.Join(t.TempDir(), "none"))
	skipped := false
	t.Run("absent", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Data(t)
	})
	if !skipped {
		t.Error("went on without the folder")
	}
}
