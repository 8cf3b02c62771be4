package shell

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
)

func (s *Shell) modelsEvents() panels.ModelsEvents {
	return panels.ModelsEvents{
		Import: s.pickImport, Companion: s.pickCompanion,
		ImportAs: func(name string) { s.importing.Name = name; s.install() },
		Default:  func(id string) { s.chooseModel(id); s.showModels() },
		RemoveModel: func(id string) {
			if s.triages(id) {
				s.parts.models.SetProblem(s.texts.Review.ModelInUse)
				return
			}
			s.remove(func() (string, error) { return s.Workspace.RemoveModel(id) }, func() { s.forgetModel(id) })
		},
		RemoveEncoder: func(path string) {
			s.remove(func() (string, error) { return s.Workspace.RemoveEncoder(path) }, func() {})
		},
	}
}

// installed is what there is on this machine.
type installed struct {
	models   []app.ModelDetails
	encoders []app.EncoderDetails
}

// showModels fills the panel of models.
func (s *Shell) showModels() {
	background(s, func(context.Context) (installed, error) {
		models, err := s.Workspace.ModelDetails()
		if err != nil {
			return installed{}, err
		}
		encoders, err := s.Workspace.EncoderDetails()
		return installed{models, encoders}, err
	}, func(all installed, err error) {
		if err != nil {
			s.parts.models.SetProblem(s.reason(err))
			return
		}
		s.parts.models.Set(s.modelInfos(all.models), s.encoderInfos(all.encoders), s.look.Model)
	})
}

func (s *Shell) modelInfos(list []app.ModelDetails) []panels.ModelInfo {
	infos := make([]panels.ModelInfo, len(list))
	for i, m := range list {
		infos[i] = panels.ModelInfo{
			ID: m.ID, Name: m.Name, Note: s.translated(m.Note), Method: methodName(m.Method), Classes: m.Classes, Magnifications: m.Magnifications, K: m.K,
			Trained: m.Trained, Synthetic: m.Synthetic, Slides: m.Training.Slides, Epochs: m.Training.Epochs, Metrics: m.Training.Metrics,
			Encoder: m.Encoder, EncoderMissing: m.EncoderMissing, IntendedUse: m.IntendedUse, Licence: m.Licence,
			File: m.Path, Bytes: m.Bytes, SHA256: m.SHA256,
		}
		if m.Err != nil {
			infos[i].Problem = s.fileProblem(m.Err)
		}
	}
	return infos
}

// fileProblem says why an installed file cannot be used.
func (s *Shell) fileProblem(err error) string {
	if app.KindOf(err) == app.ErrorOther {
		return err.Error()
	}
	return s.phrase(err)
}

// methodName is how a method is written.
func methodName(id string) string {
	for _, m := range app.TrainingMethods() {
		if m.ID == id {
			return m.Name
		}
	}
	return id
}

func (s *Shell) encoderInfos(list []app.EncoderDetails) []panels.EncoderInfo {
	infos := make([]panels.EncoderInfo, len(list))
	for i, e := range list {
		infos[i] = panels.EncoderInfo{
			ID: e.Path, Name: e.Name, About: e.Description, Dim: e.Dim, Least: e.Resolution.Min, Most: e.Resolution.Max,
			Licence: e.Licence, Bytes: e.Bytes, SHA256: e.SHA256, Models: e.Models,
		}
		if e.Err != nil {
			infos[i].Problem = s.fileProblem(e.Err)
		}
	}
	return infos
}

// changedModels brings everything in line with what is installed now.
func (s *Shell) changedModels() {
	s.probeModels()
	s.showModels()
	if s.training.begun {
		s.loadEncoders()
	}
}

// pickImport lets the user choose a model or an encoder to install.
func (s *Shell) pickImport() {
	t, dir := s.texts.Shell, s.look.LastFolder
	var endings []string
	for _, e := range app.ImportEndings() {
		endings = append(endings, strings.TrimPrefix(e, "."))
	}
	s.native(func() (string, error) { return s.Dialogs.OpenFile(t.PickModel, t.ModelFilter, dir, endings...) },
		func(path string) {
			s.importing = app.ImportRequest{Path: path}
			s.install()
		})
}

// pickCompanion lets the user choose the JSON file that goes with what was refused.
func (s *Shell) pickCompanion() {
	t, dir := s.texts.Shell, filepath.Dir(s.importing.Path)
	s.native(func() (string, error) { return s.Dialogs.OpenFile(t.PickCompanion, t.JSONFilter, dir, "json") },
		func(path string) {
			s.importing.Companion = path
			s.install()
		})
}

// install imports what was chosen, beside the window: an encoder is run first.
func (s *Shell) install() {
	req, name := s.importing, filepath.Base(s.importing.Path)
	s.parts.models.SetImporting(name)
	start(s, fmt.Sprintf(s.texts.Shell.Installing, name), func(ctx context.Context, _ func(panels.Job)) (*app.Imported, error) {
		return s.Workspace.Import(ctx, req)
	}, func(got *app.Imported, err error) { s.imported(name, got, err) })
}

func (s *Shell) imported(file string, got *app.Imported, err error) {
	p := s.parts.models
	switch {
	case errors.Is(err, ErrCancelled):
		p.SetProblem("")
	case err != nil:
		s.Log.Warn("import refused", "kind", app.KindOf(err))
		trouble := refusal(err)
		p.SetRefused(file, trouble, s.whyRefused(trouble, err))
	default:
		s.Log.Info("imported", "model", got.Model != nil)
		name := ""
		if got.Model != nil {
			name = got.Model.Config.Name
		} else {
			name = got.Encoder.Name
		}
		p.SetImported(name)
		s.changedModels()
	}
}

// whyRefused says more of a file that was not installed, where its trouble does not say
// all.
func (s *Shell) whyRefused(trouble panels.ImportTrouble, err error) string {
	switch trouble {
	case panels.ImportRefused:
		return s.translated(strings.TrimPrefix(s.fileProblem(err), s.importing.Path+": ")) // the file is named already
	case panels.ImportFailed:
		if words := s.phrase(err); words != s.texts.Errors.Other.What {
			return words
		}
		return err.Error()
	}
	return ""
}

// refusal sorts why a file was not installed.
func refusal(err error) panels.ImportTrouble {
	switch {
	case errors.Is(err, app.ErrNeedsConfig):
		return panels.ImportNeedsConfig
	case errors.Is(err, app.ErrNeedsDescription):
		return panels.ImportNeedsDescription
	case errors.Is(err, app.ErrNameTaken):
		return panels.ImportNameTaken
	case errors.Is(err, app.ErrNoNetwork):
		return panels.ImportNoNetwork
	case errors.Is(err, app.ErrHoldsFeatures):
		return panels.ImportHoldsFeatures
	case errors.Is(err, app.ErrBadName):
		return panels.ImportBadName
	case !app.Misfit(err):
		return panels.ImportFailed
	}
	return panels.ImportRefused
}

// remove takes something out of the list; its file is kept.
func (s *Shell) remove(do func() (string, error), done func()) {
	background(s, func(context.Context) (string, error) { return do() }, func(place string, err error) {
		if err != nil {
			s.parts.models.SetProblem(s.reason(err))
			return
		}
		s.Log.Info("removed from the list")
		s.parts.models.SetRemoved(place)
		done()
		s.changedModels()
	})
}

// forgetModel goes back to the bundled model where the one that is gone was the
// default.
func (s *Shell) forgetModel(id string) {
	if s.look.Model == id {
		s.update(func(l *settings.Settings) { l.Model = "" })
	}
}
