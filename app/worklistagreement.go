package app

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zoomscope/app/export"
	"zoomscope/app/worklist"
	"zoomscope/slideio/atomicfile"
)

// WriteAgreementCSV writes the cases of an agreement to a file.
func WriteAgreementCSV(a *WorklistAgreement, path string) error {
	return atomicfile.Write(path, a.WriteCSV)
}

// WriteAgreement writes an agreement to a file as its ending says: the report in a
// language of assets.Languages for .pdf, else its cases as CSV.
func (w *Workspace) WriteAgreement(ctx context.Context, a *WorklistAgreement, language, path string) error {
	if !strings.EqualFold(filepath.Ext(path), ".pdf") {
		return WriteAgreementCSV(a, path)
	}
	texts, err := export.LoadAgreementTexts(language)
	if err != nil {
		return err
	}
	o := export.AgreementOptions{Date: time.Now(), Version: w.Version, Texts: texts}
	return atomicfile.Write(path, func(out io.Writer) error { return export.WriteAgreement(ctx, out, reportOf(a), o) })
}

// reportOf is an agreement as its report has it.
func reportOf(a *worklist.Agreement) export.Agreement {
	r := export.Agreement{
		Reader: a.Reader, Model: a.Setup.Model, ModelSHA256: a.Setup.ModelSHA256, Encoder: a.Setup.Encoder, Magnifications: a.Setup.Magnifications,
		Trained: a.Setup.Trained, Note: a.Setup.Note, Classes: slices.Clone(a.Classes), Table: a.Table, Unread: a.Unread,
		Kappa: a.Kappa.Value, Low: a.Kappa.Low, High: a.Kappa.High, NoKappa: !a.Kappa.Known,
	}
	if n := len(a.Setup.Classes); len(r.Classes) > n {
		r.Classes[n] = export.AnotherClass
	}
	for _, c := range a.Cases {
		r.Cases = append(r.Cases, export.AgreementCase{
			Slide: c.Name, Reader: c.Verdict.Class, Model: c.Opinion.Label, Probability: slices.Max(c.Opinion.Probabilities),
			Unsure: c.Verdict.Opinion == worklist.Unsure, Blinded: c.Verdict.Blinded, Note: c.Verdict.Note, Time: c.Verdict.Time,
		})
	}
	return r
}
