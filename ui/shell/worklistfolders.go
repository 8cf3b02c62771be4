package shell

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"zoomscope/app"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Size of the dialog of the folders.
const (
	foldersWidth  = 640
	foldersHeight = 460
)

// showFolders shows the folders of the worklist, to be changed and removed.
func (s *Shell) showFolders() {
	if s.review.store == nil || s.occupied() {
		return
	}
	s.folders(func(list []panels.WorklistFolder) {
		if s.occupied() {
			return
		}
		var d *dialog.CustomDialog
		var view *panels.FoldersView
		view = panels.NewFoldersView(s.texts, panels.FoldersEvents{
			Add:    func() { d.Hide(); s.addFolder() },
			Change: func(f panels.WorklistFolder) { s.changeFolder(f, view) },
			Remove: func(path string) { s.removeFolder(path, view) },
		})
		view.Set(list)
		content := container.NewVScroll(widgets.NewInset(theme.Gap, theme.Gap, view.Object()))
		d = dialog.NewCustom(s.texts.Worklist.Folder.Title, s.texts.Shell.OK, content, s.window)
		s.asking(d, nil)
		d.Resize(fyne.NewSize(foldersWidth, min(foldersHeight, s.window.Canvas().Size().Height-4*theme.Gap)))
		d.Show()
	})
}

// folders reads the folders, and how many cases each has.
func (s *Shell) folders(then func([]panels.WorklistFolder)) {
	store, q := s.review.store, s.review.query
	background(s, func(ctx context.Context) ([]panels.WorklistFolder, error) {
		kept, err := store.Folders(ctx)
		var list []panels.WorklistFolder
		for _, f := range kept {
			q.Filter = app.WorklistFilter{Folder: f.Path}
			n, err := store.Count(ctx, q)
			if err != nil {
				return nil, err
			}
			list = append(list, panels.WorklistFolder{Path: f.Path, Images: f.Images, Watch: f.Watch, Cases: n.Total})
		}
		return list, err
	}, func(list []panels.WorklistFolder, err error) {
		if err != nil {
			s.unless(err)
			return
		}
		then(list)
	})
}

// changeFolder keeps how a folder is looked through, and looks.
func (s *Shell) changeFolder(f panels.WorklistFolder, view *panels.FoldersView) {
	store := s.review.store
	background(s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, store.AddFolder(ctx, app.WorklistFolder{Path: f.Path, Images: f.Images, Watch: f.Watch})
	}, func(_ struct{}, err error) {
		s.unless(err)
		s.folders(view.Set)
		s.lookForCases()
	})
}

// removeFolder takes a folder and its cases off the list. Nothing is deleted.
func (s *Shell) removeFolder(path string, view *panels.FoldersView) {
	store := s.review.store
	background(s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, store.RemoveFolder(ctx, path)
	}, func(_ struct{}, err error) {
		s.unless(err)
		s.folders(view.Set)
		s.beginAgain()
		if err == nil {
			s.say(fmt.Sprintf(s.texts.Review.Removed, path))
		}
	})
}
