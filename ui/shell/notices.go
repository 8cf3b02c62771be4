package shell

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// problem phrases an error for the user.
func (s *Shell) problem(err error) texts.Problem { return s.problemOf(app.KindOf(err)) }

// problemOf phrases a kind of error for the user.
func (s *Shell) problemOf(kind app.ErrorKind) texts.Problem {
	t := s.texts.Errors
	switch kind {
	case app.ErrorUnsupported:
		return t.Unsupported
	case app.ErrorDamaged:
		return t.Damaged
	case app.ErrorMissing:
		return t.Missing
	case app.ErrorNoPermission:
		return t.NoPermission
	case app.ErrorTooLarge:
		return t.TooLarge
	case app.ErrorNoLibrary:
		return t.NoLibrary
	case app.ErrorNoRuntime:
		return t.NoRuntime
	case app.ErrorResolutionUnknown:
		return t.NoResolution
	case app.ErrorNoModel:
		return t.NoModel
	case app.ErrorNoEncoder:
		return t.NoEncoder
	case app.ErrorOtherEncoder:
		return t.OtherEncoder
	case app.ErrorOutOfMemory:
		return t.OutOfMemory
	case app.ErrorTooManyPatches:
		return t.TooMany
	case app.ErrorDiskFull:
		return t.DiskFull
	case app.ErrorReadOnly:
		return t.ReadOnly
	case app.ErrorCannotWrite:
		return t.CannotWrite
	case app.ErrorOtherSlide:
		return t.OtherSlide
	}
	return t.Other
}

// phrase is an error in one sentence.
func (s *Shell) phrase(err error) string { return s.problem(err).What }

// noticeWidth is that of a dialog's text.
const noticeWidth = 460

// fail tells what went wrong, with which file, and what to do.
func (s *Shell) fail(subject string, err error) {
	p := s.problem(err)
	if written := (*app.WriteError)(nil); errors.As(err, &written) {
		subject = written.Path
	}
	parts := []fyne.CanvasObject{}
	if subject != "" {
		parts = append(parts, paragraph(subject, fyne.TextStyle{Bold: true}, fyne.TextWrapBreak))
	}
	parts = append(parts, paragraph(p.What, fyne.TextStyle{}, fyne.TextWrapWord), paragraph(p.Do, fyne.TextStyle{}, fyne.TextWrapWord))
	details := widget.NewAccordionItem(s.texts.Errors.Details, paragraph(err.Error(), fyne.TextStyle{Monospace: true}, fyne.TextWrapBreak))
	parts = append(parts, widget.NewAccordion(details))
	s.notice(s.texts.Errors.Title, parts...)
	s.Log.Info("error shown", "kind", app.KindOf(err))
}

// tell says something that needs no decision but must not be missed.
func (s *Shell) tell(title string, err error) {
	s.notice(title, paragraph(err.Error(), fyne.TextStyle{}, fyne.TextWrapBreak))
}

func paragraph(text string, style fyne.TextStyle, wrap fyne.TextWrap) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, style)
	l.Wrapping = wrap
	return l
}

// copyDiagnostics puts what a report of an error needs on the clipboard.
func (s *Shell) copyDiagnostics() {
	background(s, func(ctx context.Context) (string, error) { return s.Workspace.Diagnostics(ctx), nil },
		func(text string, _ error) {
			s.App.Clipboard().SetContent(text)
			s.say(s.texts.Shell.Copied)
		})
}

// column stands the parts of a dialog below each other.
func column(parts ...fyne.CanvasObject) fyne.CanvasObject {
	return widgets.NewColumn(theme.Gap, parts...)
}
