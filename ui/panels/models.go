package panels

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// ModelInfo is an installed model with its card.
type ModelInfo struct {
	ID, Name       string // ID is "" of the bundled one
	Note           string
	Method         string
	Classes        []string
	Magnifications []float64
	K              []int // none of a method that takes all patches
	Trained        bool
	Synthetic      bool // trained on synthetic tissue
	Slides, Epochs int  // that it was trained on; 0 unknown
	Metrics        map[string]float64
	Encoder        string
	EncoderMissing bool
	IntendedUse    string
	Licence        string
	File           string // "" of the bundled one, which cannot be removed
	Bytes          int64
	SHA256         string
	Problem        string // why the file cannot be used; "" where it can
}

// EncoderInfo is an installed encoder with its card.
type EncoderInfo struct {
	ID, Name    string // ID is the file's path; "" of the built-in one
	About       string
	Dim         int
	Least, Most float64 // micrometres per pixel it was made for; 0 any
	Licence     string
	Bytes       int64
	SHA256      string
	Models      []string // that were made for it
	Problem     string   // why the file cannot be used; "" where it can
}

// ImportTrouble is why a file was not installed.
type ImportTrouble int

// The troubles there are.
const (
	ImportRefused          ImportTrouble = iota // it does not fit
	ImportFailed                                // it, or what it needs, is not there, or cannot be read or written
	ImportNeedsConfig                           // the public code's JSON configuration has to come with it
	ImportNeedsDescription                      // a JSON description has to come with it
	ImportNameTaken                             // another model has its name
	ImportNoNetwork                             // it holds neither a network nor weights
	ImportHoldsFeatures                         // it holds the features of a slide
	ImportBadName                               // a model cannot have its name
)

// ModelsEvents are what the user does in the panel. Any may be nil.
type ModelsEvents struct {
	Import        func()            // choose a file to install
	Companion     func()            // choose the JSON file that goes with what was refused
	ImportAs      func(name string) // try again what was refused, under that name
	Default       func(id string)   // use that model unless another is chosen
	RemoveModel   func(id string)   // was asked for, and confirmed
	RemoveEncoder func(id string)   // the same
}

// Models lists the models and encoders of this machine.
type Models struct {
	texts *texts.Texts
	on    ModelsEvents

	object   *fyne.Container
	progress *widgets.ProgressLine
	notice   *fyne.Container
	models   *fyne.Container
	encoders *fyne.Container

	list   []ModelInfo
	others []EncoderInfo
	choice string          // default model
	open   map[string]bool // cards that are seen
}

// NewModels makes the panel with nothing in it.
func NewModels(t *texts.Texts, on ModelsEvents) *Models {
	m := &Models{texts: t, on: on, open: map[string]bool{}, notice: widgets.NewColumn(theme.Gap - 2)}
	m.models, m.encoders = widgets.NewColumn(4), widgets.NewColumn(4)
	m.progress = widgets.NewProgressLine(nil)
	add := widgets.NewIconButton(t.Models.Import, standard.IconNameContentAdd, func() { tell(on.Import) })
	m.object = widgets.NewColumn(theme.Gap, widgets.NewFlow(0, add), widgets.NewNote(t.Models.ImportHint),
		m.progress.Object(), m.notice, widget.NewSeparator(),
		widgets.NewStrong(t.Models.Models), m.models, widget.NewSeparator(),
		widgets.NewStrong(t.Models.Encoders), m.encoders)
	m.progress.Object().Hide()
	m.notice.Hide()
	return m
}

// Object is what to place in the window.
func (m *Models) Object() fyne.CanvasObject { return m.object }

// Set shows models and encoders, with the one of that ID as the default.
func (m *Models) Set(models []ModelInfo, encoders []EncoderInfo, standard string) {
	m.list, m.others, m.choice = models, encoders, standard
	m.show()
}

// SetImporting shows that a file is being installed.
func (m *Models) SetImporting(file string) {
	replace(m.notice)
	m.progress.Set(fmt.Sprintf(m.texts.Models.Importing, file), "", 0)
	m.progress.Object().Show()
	m.object.Refresh()
}

// SetImported tells that a file was installed, under which name.
func (m *Models) SetImported(name string) {
	m.say(widgets.NewBody(fmt.Sprintf(m.texts.Models.Imported, name)))
}

// SetRefused tells why a file was not installed, and offers what may help.
func (m *Models) SetRefused(file string, trouble ImportTrouble, reason string) {
	t := m.texts.Models
	w := widgets.Warning{Text: fmt.Sprintf(t.Refused, file), Grave: true}
	parts := []fyne.CanvasObject{nil}
	switch trouble {
	case ImportFailed:
		w.Text = fmt.Sprintf(t.Failed, file)
	case ImportNeedsConfig:
		w.Text, w.Action, w.Do, w.Grave = t.NeedsConfig, t.PickConfig, func() { tell(m.on.Companion) }, false
	case ImportNeedsDescription:
		w.Text, w.Action, w.Do, w.Grave = t.NeedsCard, t.PickCard, func() { tell(m.on.Companion) }, false
	case ImportNoNetwork:
		w.Text = fmt.Sprintf(t.NoNetwork, file)
	case ImportHoldsFeatures:
		w.Text = fmt.Sprintf(t.HoldsFeatures, file)
	case ImportBadName:
		w.Text, w.Grave = m.texts.Shell.BadModelName, false
		parts = append(parts, m.renaming())
	case ImportNameTaken:
		w.Text, w.Grave = t.NameTaken, false
		parts = append(parts, m.renaming())
	}
	parts[0] = widgets.NewWarningLine(w)
	if reason != "" {
		parts = append(parts, widgets.NewNote(reason))
	}
	m.say(parts...)
}

// renaming asks for another name.
func (m *Models) renaming() fyne.CanvasObject {
	name := widgets.NewField(m.texts.Models.NewName)
	again := widgets.NewButton(m.texts.Models.ImportAs, func() { call(m.on.ImportAs, strings.TrimSpace(name.Text)) })
	again.Enable(false)
	name.OnChanged = func(s string) { again.Enable(strings.TrimSpace(s) != "") }
	return widgets.NewRow(theme.Gap, 0, name, again)
}

// SetRemoved tells where a file that was removed lies now.
func (m *Models) SetRemoved(place string) {
	m.say(widgets.NewNote(fmt.Sprintf(m.texts.Models.Removed, place)))
}

// SetProblem tells what went wrong otherwise; "" takes away what was told.
func (m *Models) SetProblem(words string) {
	if words == "" {
		m.say()
		return
	}
	m.say(widgets.NewWarningLine(widgets.Warning{Text: words, Grave: true}))
}

// say replaces what was told before, with a button that takes it away.
func (m *Models) say(parts ...fyne.CanvasObject) {
	m.progress.Object().Hide()
	if len(parts) > 0 {
		parts = append(parts, widgets.NewFlow(0, widgets.NewButton(m.texts.Models.Dismiss, func() { m.say() })))
	}
	replace(m.notice, parts...)
	m.object.Refresh()
}

func (m *Models) show() {
	var models, encoders []fyne.CanvasObject
	for _, i := range m.list {
		models = append(models, m.modelCard(i))
	}
	for _, i := range m.others {
		encoders = append(encoders, m.encoderCard(i))
	}
	replace(m.models, models...)
	replace(m.encoders, encoders...)
	m.object.Refresh()
}

// card is a titled line with notes, which opens into facts.
func (m *Models) card(key, title string, notes []fyne.CanvasObject, facts func() []fyne.CanvasObject) fyne.CanvasObject {
	content := widgets.NewColumn(4)
	body := widgets.NewInset(20, 0, content)
	fill := func(open bool) {
		m.open[key] = open
		if open && len(content.Objects) == 0 {
			content.Objects = facts()
		}
		show(body, open) // a hidden inset takes no room, one around something hidden does
	}
	fold := widgets.NewFold(title, widgets.NewColumn(0))
	fold.SetOpen(m.open[key])
	fold.OnToggled = func(open bool) {
		fill(open)
		m.object.Refresh()
	}
	fill(m.open[key])
	below := widgets.NewInset(20, 0, widgets.NewColumn(2, notes...))
	return widgets.NewColumn(4, widgets.NewColumn(0, fold.Object(), below), body)
}

func (m *Models) modelCard(i ModelInfo) fyne.CanvasObject {
	key := "model " + i.ID
	return m.card(key, i.Name, m.modelNotes(i), func() []fyne.CanvasObject {
		facts := m.modelFacts(i)
		if i.ID != m.choice && i.Problem == "" {
			facts = append(facts, widgets.NewFlow(0, widgets.NewButton(m.texts.Models.MakeDefault, func() { call(m.on.Default, i.ID) })))
		}
		if i.File == "" {
			return facts
		}
		return append(facts, m.removal(fmt.Sprintf(m.texts.Models.Sure, i.Name), func() { call(m.on.RemoveModel, i.ID) }))
	})
}

// modelNotes are what must be known of a model while its card is closed.
func (m *Models) modelNotes(i ModelInfo) []fyne.CanvasObject {
	t := m.texts.Models
	if i.Problem != "" {
		return warningLines([]widgets.Warning{{Text: with(t.Broken, i.Problem), Grave: true}})
	}
	var words []string
	if i.ID == m.choice {
		words = append(words, t.Default)
	}
	if i.File == "" {
		words = append(words, t.Bundled)
	}
	words = append(words, m.magnifications(i.Magnifications))
	notes := []fyne.CanvasObject{widgets.NewNote(strings.Join(words, ", "))}
	for _, doubt := range []struct {
		is   bool
		text string
	}{{!i.Trained, t.Untrained}, {i.Trained && i.Synthetic, t.Synthetic}, {i.EncoderMissing, fmt.Sprintf(t.NoEncoder, i.Encoder)}} {
		if doubt.is {
			notes = append(notes, widgets.NewWarningLine(widgets.Warning{Text: doubt.text}))
		}
	}
	return notes
}

func (m *Models) magnifications(list []float64) string {
	var words []string
	for _, x := range list {
		words = append(words, m.texts.Numbers.Magnification(x))
	}
	return strings.Join(words, ", ")
}

func (m *Models) modelFacts(i ModelInfo) []fyne.CanvasObject {
	if i.Problem != "" {
		return []fyne.CanvasObject{fact(m.texts.Models.File, i.File)}
	}
	t, n := m.texts.Models, m.texts.Numbers
	zooms := t.AllPatches
	if len(i.K) > 0 {
		zooms = numbers(i.K)
	}
	trained := t.NotTrained
	if i.Trained {
		trained = t.NotStated
		if i.Slides > 0 {
			trained = fmt.Sprintf(t.TrainedOn, n.Amount(i.Slides, t.OnSlide, t.OnSlides), n.Amount(i.Epochs, n.Epoch, n.Epochs))
		}
	}
	facts := []fyne.CanvasObject{
		fact(t.Classes, strings.Join(i.Classes, ", ")), fact(t.Method, i.Method),
		fact(t.Looks, m.magnifications(i.Magnifications)), fact(t.Zooms, zooms),
		fact(t.Encoder, i.Encoder), fact(t.Trained, trained),
	}
	facts = append(facts, m.metrics(i.Metrics)...)
	facts = append(facts, fact(t.IntendedUse, m.or(i.IntendedUse)), fact(t.Licence, m.or(i.Licence)))
	if i.Note != "" {
		facts = append(facts, fact(t.About, i.Note))
	}
	return append(facts, m.fileFacts(i.File, i.Bytes, i.SHA256)...)
}

func (m *Models) or(s string) string {
	if s == "" {
		return m.texts.Models.NotStated
	}
	return s
}

// metrics are the figures of the validation, of the test, and those of neither. Of
// the validation alone they are said to flatter.
func (m *Models) metrics(all map[string]float64) []fyne.CanvasObject {
	t := m.texts.Models
	validation, rest := m.figures(all, "validation_"), m.figures(all, "")
	test := m.figures(all, "test_")
	if len(validation) > 0 && len(test) == 0 {
		validation = append(validation, t.Optimistic)
	}
	var facts []fyne.CanvasObject
	for _, of := range []struct {
		label string
		lines []string
	}{{t.Validation, validation}, {t.Test, test}, {m.texts.Training.Result, rest}} {
		if len(of.lines) > 0 {
			facts = append(facts, fact(of.label, strings.Join(of.lines, "\n")))
		}
	}
	return facts
}

// figures writes the figures whose names begin so, without that; those of no split
// where it is "".
func (m *Models) figures(all map[string]float64, split string) []string {
	var lines []string
	for name, v := range all {
		first, _, _ := strings.Cut(name, "_")
		if first += "_"; first != "validation_" && first != "test_" {
			first = ""
		}
		if first == split {
			lines = append(lines, m.metric(strings.TrimPrefix(name, split))+" "+figureWords(m.texts, v))
		}
	}
	slices.Sort(lines)
	return lines
}

// metric is what a figure is called.
func (m *Models) metric(name string) string {
	t := m.texts.Training
	words := map[string]string{
		"accuracy": t.Accuracy, "balanced_accuracy": t.Balanced, "macro_f1": t.MacroF1, "weighted_f1": t.WeightedF1, "auc": t.AUC,
		"quadratic_kappa": t.Kappa, "loss": t.Loss,
	}[name]
	if words == "" {
		return strings.ReplaceAll(name, "_", " ")
	}
	return words
}

func (m *Models) fileFacts(file string, bytes int64, digest string) []fyne.CanvasObject {
	t := m.texts.Models
	var facts []fyne.CanvasObject
	if file != "" {
		facts = append(facts, fact(t.File, file+"\n"+sizeWords(m.texts, bytes)))
	}
	if digest != "" {
		facts = append(facts, fact(t.Digest, shortened(digest, 16)))
	}
	return facts
}

// shortened are the first letters of a word, with an ellipsis for the others.
func shortened(word string, letters int) string {
	if len(word) <= letters {
		return word
	}
	return word[:letters] + "…"
}

func (m *Models) encoderCard(i EncoderInfo) fyne.CanvasObject {
	key, t := "encoder "+i.ID, m.texts.Models
	return m.card(key, i.Name, m.encoderNotes(i), func() []fyne.CanvasObject {
		facts := m.encoderFacts(i)
		if i.ID == "" {
			return facts
		}
		sure := fmt.Sprintf(t.Sure, i.Name)
		if len(i.Models) > 0 {
			sure = fmt.Sprintf(t.SureEncoder, i.Name, strings.Join(i.Models, ", "))
		}
		return append(facts, m.removal(sure, func() { call(m.on.RemoveEncoder, i.ID) }))
	})
}

func (m *Models) encoderNotes(i EncoderInfo) []fyne.CanvasObject {
	t := m.texts.Models
	if i.Problem != "" {
		return warningLines([]widgets.Warning{{Text: with(t.Broken, i.Problem), Grave: true}})
	}
	words := fmt.Sprintf(t.Values, m.texts.Numbers.Count(i.Dim))
	if i.ID == "" {
		words = t.BuiltIn + ", " + words
	}
	return []fyne.CanvasObject{widgets.NewNote(words)}
}

func (m *Models) encoderFacts(i EncoderInfo) []fyne.CanvasObject {
	t, n := m.texts.Models, m.texts.Numbers
	if i.Problem != "" {
		return []fyne.CanvasObject{fact(t.File, i.ID)}
	}
	scale := t.AnyResolution
	if i.Most > 0 {
		scale = fmt.Sprintf(t.Range, n.Short(i.Least, 2), n.Short(i.Most, 2))
	}
	used := t.NotUsed
	if len(i.Models) > 0 {
		used = strings.Join(i.Models, ", ")
	}
	facts := []fyne.CanvasObject{
		fact(t.Dim, n.Count(i.Dim)), fact(t.Resolution, scale), fact(t.UsedBy, used), fact(t.Licence, m.or(i.Licence)),
	}
	if i.About != "" {
		facts = append(facts, fact(t.About, i.About))
	}
	return append(facts, m.fileFacts(i.ID, i.Bytes, i.SHA256)...)
}

// removal is a button that asks before it does anything.
func (m *Models) removal(sure string, remove func()) fyne.CanvasObject {
	t := m.texts.Models
	box := widgets.NewColumn(theme.Gap - 2)
	var ask func(asking bool)
	ask = func(asking bool) {
		if !asking {
			replace(box, widgets.NewFlow(0, widgets.NewButton(t.Remove, func() { ask(true) })))
		} else {
			replace(box, widgets.NewWarningLine(widgets.Warning{Text: sure}),
				widgets.NewFlow(theme.Gap-2, widgets.NewButton(t.Yes, func() { ask(false); remove() }), widgets.NewButton(t.No, func() { ask(false) })))
		}
		m.object.Refresh()
	}
	ask(false)
	return box
}
