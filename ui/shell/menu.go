package shell

import (
	"fmt"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"zoomscope/app/settings"
	"zoomscope/ui/panels"
)

// showMenu makes the menu, with the recent slides as they are now.
func (s *Shell) showMenu() {
	t := s.texts.Shell
	s.window.SetMainMenu(fyne.NewMainMenu(
		fyne.NewMenu(t.File,
			key(t.Open, fyne.KeyO, fyne.KeyModifierShortcutDefault, s.ask),
			s.recentMenu(),
			fyne.NewMenuItem(t.OpenDemo, s.openDemo),
			fyne.NewMenuItemSeparator(),
			key(t.Export, fyne.KeyE, fyne.KeyModifierShortcutDefault, s.export),
			key(t.Report, fyne.KeyP, fyne.KeyModifierShortcutDefault, s.report),
			fyne.NewMenuItemSeparator(),
			key(t.Close, fyne.KeyW, fyne.KeyModifierShortcutDefault, func() { s.closeSlide(s.current) }),
			quit(key(t.Quit, fyne.KeyQ, fyne.KeyModifierShortcutDefault, s.close)),
		),
		fyne.NewMenu(t.View,
			key(t.Fit, fyne.Key0, 0, s.flyHome),
			key(t.ZoomIn, fyne.KeyPlus, 0, func() { s.parts.viewer.ZoomBy(zoomStep) }),
			key(t.ZoomOut, fyne.KeyMinus, 0, func() { s.parts.viewer.ZoomBy(1 / zoomStep) }),
			fyne.NewMenuItemSeparator(),
			key(t.Two, fyne.KeyT, fyne.KeyModifierShortcutDefault, s.toggleTwo),
			key(t.SlideList, fyne.KeyF9, 0, s.foldLeft),
			key(t.Panels, fyne.KeyF10, 0, s.foldRight),
			key(t.SlideOnly, fyne.KeyF11, 0, s.slideOnly),
		),
		fyne.NewMenu(t.SlideMenu,
			key(t.Run, fyne.KeyR, 0, s.run),
			key(t.Cancel, fyne.KeyEscape, 0, s.cancelRun),
			fyne.NewMenuItemSeparator(),
			key(t.AttentionToggle, fyne.KeyA, 0, s.toggleAttention),
			key(t.NextLayer, fyne.KeyA, fyne.KeyModifierShift, s.nextLayer),
			key(t.NextPatch, fyne.KeySpace, 0, func() { s.walk(true) }),
			key(t.PreviousPatch, fyne.KeySpace, fyne.KeyModifierShift, func() { s.walk(false) }),
			fyne.NewMenuItemSeparator(),
			key(t.Next, fyne.KeyJ, 0, s.nextSlide),
			key(t.Previous, fyne.KeyK, 0, s.previousSlide),
		),
		s.reviewMenu(),
		fyne.NewMenu(t.ModelMenu,
			fyne.NewMenuItem(t.Train, func() { s.showTab(panels.TrainingTab) }),
			fyne.NewMenuItem(t.Models, func() { s.showTab(panels.ModelsTab) }),
		),
		fyne.NewMenu(t.Help,
			key(t.Keys, fyne.KeyF1, 0, s.showKeys),
			fyne.NewMenuItem(t.Diagnostics, s.copyDiagnostics),
			fyne.NewMenuItem(t.ShowLog, s.showLog),
			fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem(t.About, s.about),
		),
	))
}

// key is a menu item with its key. Those pressed with Ctrl are the menu's own; the
// others are told here and acted on in pressed and typed.
func key(label string, name fyne.KeyName, with fyne.KeyModifier, action func()) *fyne.MenuItem {
	item := fyne.NewMenuItem(label, action)
	item.Shortcut = &desktop.CustomShortcut{KeyName: name, Modifier: with}
	return item
}

// quit marks the item that ends the program, so that no second one is added.
func quit(item *fyne.MenuItem) *fyne.MenuItem {
	item.IsQuit = true
	return item
}

// recentMenu lists the slides that were open last; those that are gone cannot be
// chosen.
func (s *Shell) recentMenu() *fyne.MenuItem {
	t := s.texts.Shell
	var items []*fyne.MenuItem
	for _, path := range s.look.Recent {
		item := fyne.NewMenuItem(filepath.Base(path), func() { s.open([]string{path}) })
		if _, err := os.Stat(path); err != nil {
			item.Label, item.Disabled = fmt.Sprintf(t.Missing, item.Label), true
		}
		items = append(items, item)
	}
	if items == nil {
		none := fyne.NewMenuItem(t.NoRecent, nil)
		none.Disabled = true
		items = append(items, none)
	} else {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(t.ClearRecent, s.clearRecent))
	}
	recent := fyne.NewMenuItem(t.Recent, nil)
	recent.ChildMenu = fyne.NewMenu("", items...)
	return recent
}

func (s *Shell) clearRecent() {
	s.update(func(l *settings.Settings) { l.Recent = nil })
	s.showMenu()
	s.showStart()
}
