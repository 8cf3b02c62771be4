package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/app/worklist"
	"zoomscope/assets"
	"zoomscope/engine/result"
)

// checkAgreement refuses flags that make no sense with --agreement, or without it.
func (o *triageOptions) checkAgreement() error {
	ending := strings.ToLower(filepath.Ext(o.agreement))
	switch {
	case o.agreement == "" && o.reader != "":
		return usagef("triage: --reader is about --agreement FILE")
	case o.agreement == "":
		return nil
	case ending != ".pdf" && ending != ".csv":
		return usagef("--agreement %s: give a name that ends with .pdf or .csv", o.agreement)
	case !slices.Contains(assets.Languages(), o.language):
		return usagef("--language %s: there are only %s", o.language, strings.Join(assets.Languages(), " and "))
	case o.watch || o.images || o.retry || o.stated || o.csv != "":
		return usagef("triage: --agreement analyses nothing, so --watch, --images, --retry-failed, --magnification and --csv do not go with it")
	}
	return nil
}

// agreementJSON is an agreement in JSON.
type agreementJSON struct {
	File        string    `json:"file"`
	Reader      string    `json:"reader"`
	Model       string    `json:"model"`
	ModelSHA256 string    `json:"model_sha256"`
	Classes     []string  `json:"classes"`
	Table       [][]int   `json:"table"` // the reader's classes down, the model's across
	Agree       int       `json:"agree"`
	Disagree    int       `json:"disagree"`
	Unsure      int       `json:"unsure"`
	Unread      int       `json:"unread"`
	Blinded     int       `json:"blinded"`
	Kappa       *float64  `json:"kappa"` // null where it is not defined
	Interval    []float64 `json:"kappa_interval,omitempty"`
	ResearchUse string    `json:"research_use"`
}

// runAgreement compares a reader with the model, in a file and in short.
func (p *Program) runAgreement(ctx context.Context, o *triageOptions) error {
	list, setup, err := p.useWorklist(ctx, o)
	if err != nil {
		return err
	}
	defer list.Close()
	reader, err := o.whoReads(ctx, list)
	if err != nil {
		return err
	}
	a, err := list.Agreement(ctx, worklist.Query{Setup: setup, Reader: reader, Filter: worklist.Filter{Folder: o.folder}})
	if err != nil {
		return err
	}
	if len(a.Cases) == 0 {
		return fmt.Errorf("%s has no verdict on a slide that the model %s has analysed", reader, setup.Model)
	}
	if err := p.Workspace.WriteAgreement(ctx, a, o.language, o.agreement); err != nil {
		return err
	}
	return p.printAgreement(a, o)
}

// whoReads is the reader that is meant: where none is named, the only one there is.
func (o *triageOptions) whoReads(ctx context.Context, list *worklist.Store) (string, error) {
	readers, err := list.Readers(ctx)
	switch {
	case err != nil:
		return "", err
	case len(readers) == 0:
		return "", fmt.Errorf("%s: nobody has given a verdict yet; verdicts are given in the window", list.Path())
	case o.reader == "" && len(readers) == 1:
		return readers[0], nil
	case slices.Contains(readers, o.reader):
		return o.reader, nil
	}
	return "", usagef("--reader %q: verdicts were given by %q", o.reader, readers)
}

func (p *Program) printAgreement(a *worklist.Agreement, o *triageOptions) error {
	k := a.Kappa
	if o.json {
		j := agreementJSON{
			File: o.agreement, Reader: a.Reader, Model: a.Setup.Model, ModelSHA256: a.Setup.ModelSHA256, Classes: a.Classes, Table: a.Table,
			Agree: a.Agree, Disagree: a.Disagree, Unsure: a.Unsure, Unread: a.Unread, Blinded: a.Blinded, ResearchUse: result.ResearchUse,
		}
		if k.Known {
			j.Kappa, j.Interval = &k.Value, []float64{k.Low, k.High}
		}
		return printJSON(p.Stdout, j)
	}
	fmt.Fprintf(p.Stdout, "%s against %s: agree on %d of %d cases", a.Reader, a.Setup.Model, a.Agree, a.Agree+a.Disagree)
	if k.Known {
		fmt.Fprintf(p.Stdout, ", kappa %.2f (95 %% interval %.2f to %.2f)", k.Value, k.Low, k.High)
	}
	fmt.Fprintf(p.Stdout, ".\nUnsure %d, not read %d, given blinded %d of %d.\nWritten to %s\n%s\n",
		a.Unsure, a.Unread, a.Blinded, len(a.Cases), o.agreement, result.ResearchUse)
	return nil
}
