package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"zoomscope/engine/mil"
)

// ModelCard is a model of this machine.
type ModelCard struct {
	Path   string     `json:"path"` // "" for the built-in model
	SHA256 string     `json:"sha256"`
	Config mil.Config `json:"config"`
}

// InstalledModel is one entry of the list of models: a card, or why the file
// cannot be used.
type InstalledModel struct {
	ModelCard
	Err error
}

// Name is the name that EngineOptions.Model takes, "" for the built-in model, which is
// taken where none is named.
func (c ModelCard) Name() string {
	if c.Path == "" {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(c.Path), modelExt)
}

// Models lists the models of this machine, the default one first. A file that
// is damaged is listed with its error.
func (w *Workspace) Models() ([]InstalledModel, error) {
	builtin, err := w.defaultModel()
	if err != nil {
		return nil, err
	}
	list := []InstalledModel{{ModelCard: ModelCard{SHA256: builtin.SHA256(), Config: builtin.Config()}}}
	paths, err := filepath.Glob(filepath.Join(w.modelDir(), "*"+modelExt))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		card, err := w.InspectModel(path)
		card.Path = path
		list = append(list, InstalledModel{card, err})
	}
	return list, nil
}

func (w *Workspace) defaultModel() (*mil.Model, error) {
	model, _, err := w.modelAndEncoder(EngineOptions{})
	return model, err
}

// InspectModel reads the card of a model, given by file or by name; "" is the
// default model.
func (w *Workspace) InspectModel(name string) (ModelCard, error) {
	if name == "" {
		m, err := w.defaultModel()
		if err != nil {
			return ModelCard{}, err
		}
		return ModelCard{SHA256: m.SHA256(), Config: m.Config()}, nil
	}
	path, err := w.modelPath(name)
	if err != nil {
		return ModelCard{}, err
	}
	m, err := mil.Load(path)
	if err != nil {
		return ModelCard{}, err
	}
	return ModelCard{Path: path, SHA256: m.SHA256(), Config: m.Config()}, nil
}

// Errors of the name to install a model or an encoder under.
var (
	// ErrNameTaken: another model of that name is installed, or comes with the program.
	ErrNameTaken = errors.New("a model of that name is installed already")
	// ErrBadName: a model or an encoder could not be asked for by the name.
	ErrBadName = errors.New("is no name to install it under")
)

// ImportModel installs a model under its own name or the one given: a model
// file, or a state dict of the public code (.pt, .pth) with the JSON
// configuration it was trained with.
func (w *Workspace) ImportModel(path, configPath, name string) (ModelCard, error) {
	model, err := loadModel(path, configPath, name)
	if err != nil {
		return ModelCard{}, err
	}
	if name == "" {
		name = model.Config().Name
	}
	return w.install(model, path, name)
}

// install keeps a model, of the file at path, under a name.
func (w *Workspace) install(model *mil.Model, path, name string) (ModelCard, error) {
	if err := badModelName(path, name); err != nil {
		return ModelCard{}, err
	}
	if bundled, err := BundledModel(); err != nil || bundled.Config().Name == name {
		return ModelCard{}, cmp.Or(err, fmt.Errorf("%s: %w: %q comes with the program; choose another with --name", path, ErrNameTaken, name))
	}
	if err := os.MkdirAll(w.modelDir(), 0o755); err != nil {
		return ModelCard{}, err
	}
	target := filepath.Join(w.modelDir(), name+modelExt)
	if old, err := mil.Load(target); err == nil && old.SHA256() != model.SHA256() {
		return ModelCard{}, fmt.Errorf("%s: %w; choose another with --name", target, ErrNameTaken)
	}
	if err := model.Save(target); err != nil {
		return ModelCard{}, err
	}
	return ModelCard{Path: target, SHA256: model.SHA256(), Config: model.Config()}, nil
}

func loadModel(path, configPath, name string) (*mil.Model, error) {
	if configPath == "" {
		return mil.Load(path)
	}
	text, err := os.ReadFile(configPath)
	if err != nil {
		return nil, err
	}
	config, err := mil.PublicConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configPath, err)
	}
	config.Name = stem(path)
	if name != "" {
		config.Name = name
	}
	return mil.ImportState(path, config)
}
