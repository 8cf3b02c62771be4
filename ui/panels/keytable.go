package panels

import (
	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Room of the table of keys: it scrolls, so that its dialog fits small windows.
const (
	keysWidth  = 400
	keysHeight = 340
)

// NewKeys is the table of all keys, for a dialog. It scrolls.
func NewKeys(t *texts.Texts) fyne.CanvasObject {
	return widgets.NewAtLeast(keysWidth, keysHeight, widgets.NewScroll(theme.Gap, keyTable(t)))
}

func keyTable(t *texts.Texts) fyne.CanvasObject {
	k := t.Keys
	return widgets.NewKeyTable([]widgets.KeyGroup{
		{Title: k.Look, Rows: []widgets.KeyRow{
			{Keys: k.WheelKeys, Does: k.Wheel}, {Keys: k.DoubleKeys, Does: k.Double},
			{Keys: k.PanKeys, Does: k.Pan},
			{Keys: k.PresetKeys, Does: k.Preset}, {Keys: k.FitKeys, Does: k.Fit},
			{Keys: k.TwoKeys, Does: k.Two}}},
		{Title: k.Attention, Rows: []widgets.KeyRow{
			{Keys: k.ToggleKeys, Does: k.Toggle}, {Keys: k.LayerKeys, Does: k.Layer},
			{Keys: k.OpacityKeys, Does: k.Opacity}}},
		{Title: k.Path, Rows: []widgets.KeyRow{
			{Keys: k.NextKeys, Does: k.Next}, {Keys: k.PreviousKeys, Does: k.Previous},
			{Keys: k.LevelKeys, Does: k.Level}}},
		{Title: k.Slides, Rows: []widgets.KeyRow{
			{Keys: k.RunKeys, Does: k.Run}, {Keys: k.CancelKeys, Does: k.Cancel},
			{Keys: k.SlideKeys, Does: k.Slide}, {Keys: k.CloseKeys, Does: k.Close}}},
		{Title: k.Review, Rows: []widgets.KeyRow{
			{Keys: k.WorklistKeys, Does: k.Worklist}, {Keys: k.OpenCaseKeys, Does: k.OpenCase},
			{Keys: k.CaseKeys, Does: k.Case}, {Keys: k.VerdictKeys, Does: k.Verdict},
			{Keys: k.ClassKeys, Does: k.Class}, {Keys: k.NoteKeys, Does: k.Note}}},
		{Title: k.Window, Rows: []widgets.KeyRow{
			{Keys: k.OpenKeys, Does: k.Open}, {Keys: k.ExportKeys, Does: k.Export},
			{Keys: k.ReportKeys, Does: k.Report}, {Keys: k.FoldKeys, Does: k.Fold},
			{Keys: k.SlideOnlyKeys, Does: k.SlideOnly}, {Keys: k.QuitKeys, Does: k.Quit},
			{Keys: k.HelpKeys, Does: k.Help}}},
	})
}
