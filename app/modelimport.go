package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/engine/bag"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// Errors of an import that lacks a second file.
var (
	// ErrNeedsConfig: a state dict of the public code comes with the JSON
	// configuration that it was trained with.
	ErrNeedsConfig = errors.New("a model of the public code needs the JSON configuration it was trained with")
	// ErrNeedsDescription: an ONNX network of another program does not say how it
	// wants its pixels.
	ErrNeedsDescription = errors.New("an encoder of another program needs a JSON file that describes it")
)

// Errors of files that no second file makes fit.
var (
	// ErrNoNetwork: a file holds neither a network nor weights, or is damaged.
	ErrNoNetwork = errors.New("no network and no weights, or a damaged file")
	// ErrHoldsFeatures: a file holds what an encoder made of a slide.
	ErrHoldsFeatures = errors.New("the features of a slide, no model and no encoder")
)

// Misfit reports whether an error of Import is about what the file holds, not about the
// file, or what is needed to take it in, being out of reach.
func Misfit(err error) bool {
	file := (*fs.PathError)(nil)
	return slices.Contains([]ErrorKind{ErrorOther, ErrorUnsupported, ErrorDamaged}, KindOf(err)) && !errors.As(err, &file)
}

// ImportRequest asks for a model or an encoder to be installed, whichever the file
// holds.
type ImportRequest struct {
	Path string // .safetensors, .pt, .pth or .onnx
	// Companion is the JSON file that goes with it: the public code's configuration
	// of a model, or the description of an encoder; "" for none.
	Companion string
	Name      string // to install it under; "" is its own
}

// ImportEndings are the endings of files that Import takes.
func ImportEndings() []string { return []string{".safetensors", ".pt", ".pth", ".onnx"} }

// Imported is what was installed: one of the two.
type Imported struct {
	Model   *ModelCard
	Encoder *encoder.Card
}

// Import installs a model or an encoder. What does not fit is refused with the
// reason; errors that wrap ErrNeedsConfig or ErrNeedsDescription say that it may fit
// together with another file. Encoders are run on the processor first.
func (w *Workspace) Import(ctx context.Context, req ImportRequest) (*Imported, error) {
	if req.Companion != "" {
		return w.importWithCompanion(ctx, req)
	}
	switch strings.ToLower(filepath.Ext(req.Path)) {
	case ".onnx":
		got, err := w.importEncoder(ctx, req, nil)
		if errors.Is(err, encoder.ErrNotEncoder) {
			err = lacking(req.Path)
		}
		return got, err
	case ".safetensors":
		if isModel, err := holdsModel(req.Path); err != nil || isModel {
			return w.importModel(req, err)
		}
	}
	got, err := w.importEncoder(ctx, req, nil)
	switch {
	case errors.Is(err, nn.ErrBadONNX): // it was taken for a network for want of anything else
		err = fmt.Errorf("%s: %w", req.Path, ErrNoNetwork)
	case err != nil && looksPublic(req.Path):
		err = fmt.Errorf("%s: %w", req.Path, ErrNeedsConfig)
	}
	return got, err
}

// lacking is what a network of another program lacks: a description, if it is one.
func lacking(path string) error {
	if _, err := encoder.Import(path, encoder.Description{Name: "network"}); errors.Is(err, nn.ErrBadONNX) {
		return fmt.Errorf("%s: %w", path, ErrNoNetwork)
	}
	return fmt.Errorf("%s: %w", path, ErrNeedsDescription)
}

// importWithCompanion lets the second file say what the first one is.
func (w *Workspace) importWithCompanion(ctx context.Context, req ImportRequest) (*Imported, error) {
	text, err := os.ReadFile(req.Companion)
	if err != nil {
		return nil, err
	}
	if _, wrong := mil.PublicConfig(text); wrong == nil {
		return w.importModel(req, nil)
	}
	d, err := encoder.LoadDescription(req.Companion)
	if err != nil {
		return nil, fmt.Errorf("neither a configuration of the public code nor the description of an encoder: %w", err)
	}
	return w.importEncoder(ctx, req, &d)
}

func (w *Workspace) importModel(req ImportRequest, err error) (*Imported, error) {
	if err != nil {
		return nil, err
	}
	card, err := w.ImportModel(req.Path, req.Companion, req.Name)
	if err != nil {
		return nil, err
	}
	return &Imported{Model: &card}, nil
}

func (w *Workspace) importEncoder(ctx context.Context, req ImportRequest, d *encoder.Description) (*Imported, error) {
	card, err := w.ImportEncoder(ctx, req.Path, req.Name, d)
	if err != nil {
		return nil, err
	}
	return &Imported{Encoder: &card}, nil
}

// holdsModel says that a file of tensors is one of this program's models.
func holdsModel(path string) (bool, error) {
	f, err := safetensors.Open(path)
	if err != nil && Misfit(err) {
		return false, fmt.Errorf("%s: %w: %w", path, ErrNoNetwork, err)
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if f.Metadata()["format"] == bag.Format {
		return false, fmt.Errorf("%s: %w", path, ErrHoldsFeatures)
	}
	return f.Metadata()["format"] == mil.Format, nil
}

// looksPublic says that a file holds weights called as in the models of a public
// code: a configuration without magnifications is refused by how many those of
// ZoomMIL have, and one without a method where they are of another.
func looksPublic(path string) bool {
	_, err := mil.ImportState(path, mil.Config{})
	return errors.Is(err, mil.ErrMethodNotStated) || err != nil && strings.Contains(err.Error(), "weights for magnifications")
}
