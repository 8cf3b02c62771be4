package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/train"
)

func TestCheckFolders(t *testing.T) {
	for name, c := range map[string]struct {
		files      []string
		run, study string // what is said of each, "" for nothing
	}{
		"empty":                    {nil, "", ""},
		"a run":                    {[]string{train.RunFile, train.ModelFile, "notes.txt"}, "", ""},
		"hidden":                   {[]string{".DS_Store", ".0123456789abcdef.part"}, "", ""},
		"stopped before its start": {[]string{studyFile, train.LockFile}, "", ""},
		"a table":                  {[]string{"table.json"}, "is not empty and holds no run, but table.json: give a new folder", ""},
		"bags":                     {[]string{"a" + train.BagExt}, "but a.bag.safetensors: give a new folder", "holds bags, such as a.bag.safetensors: give another folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			wantSaid(t, checkRunFolder(dir), dir, c.run)
			wantSaid(t, checkStudyFolder(dir), dir, c.study)
		})
	}
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "none")} {
		wantSaid(t, checkRunFolder(dir), dir, "")
		wantSaid(t, checkStudyFolder(dir), dir, "")
	}
}

// wantSaid wants an error of a path that says something, none for "".
func wantSaid(t *testing.T, err error, path, says string) {
	t.Helper()
	if says == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, expected %s", err, says)
	}
}
