package panels

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// WorklistKey is what the worklist is sorted by.
type WorklistKey string

// The keys there are, with what comes first.
const (
	WorklistByName        WorklistKey = "name"
	WorklistByAdded       WorklistKey = "added"       // newest
	WorklistByChanged     WorklistKey = "changed"     // analysed last
	WorklistByState       WorklistKey = "state"       // running, queued, failed, done
	WorklistByPriority    WorklistKey = "priority"    // highest
	WorklistByProbability WorklistKey = "probability" // of a class, highest
	WorklistByUncertainty WorklistKey = "uncertainty" // least margin
	WorklistByEntropy     WorklistKey = "entropy"     // highest
	WorklistByWarnings    WorklistKey = "warnings"    // most
	WorklistByLabel       WorklistKey = "label"       // in the order of the classes
	WorklistByVerdict     WorklistKey = "verdict"     // agree, disagree, unsure
)

// WorklistSort is the rule of an order. The zero value is by name.
type WorklistSort struct {
	By      WorklistKey
	Class   string // of WorklistByProbability
	Reverse bool
}

func (s WorklistSort) key() WorklistKey {
	if s.By == "" {
		return WorklistByName
	}
	return s.By
}

// ofModel tells whether the order gives away what the model says.
func (s WorklistSort) ofModel() bool {
	return slices.Contains([]WorklistKey{WorklistByProbability, WorklistByUncertainty, WorklistByEntropy, WorklistByLabel}, s.key())
}

// noColumn is where no column shows what the cases are sorted by.
const noColumn widgets.CaseColumn = -1

// column is the column that shows what the cases are sorted by.
func (s WorklistSort) column() widgets.CaseColumn {
	switch s.key() {
	case WorklistByName:
		return widgets.CaseName
	case WorklistByProbability, WorklistByLabel:
		return widgets.CasePrediction
	case WorklistByUncertainty, WorklistByEntropy:
		return widgets.CaseUncertainty
	case WorklistByState:
		return widgets.CaseState
	case WorklistByWarnings:
		return widgets.CaseWarnings
	case WorklistByVerdict:
		return widgets.CaseVerdict
	}
	return noColumn
}

// orderOf is the order that pressing a column's name stands for.
func orderOf(column widgets.CaseColumn, class string) WorklistSort {
	switch column {
	case widgets.CasePrediction:
		if class == "" {
			return WorklistSort{By: WorklistByLabel}
		}
		return WorklistSort{By: WorklistByProbability, Class: class}
	case widgets.CaseUncertainty:
		return WorklistSort{By: WorklistByUncertainty}
	case widgets.CaseState:
		return WorklistSort{By: WorklistByState}
	case widgets.CaseWarnings:
		return WorklistSort{By: WorklistByWarnings}
	case widgets.CaseVerdict:
		return WorklistSort{By: WorklistByVerdict}
	}
	return WorklistSort{By: WorklistByName}
}

// words are the order in words.
func (s WorklistSort) words(t texts.SortRules) string {
	forth, back := s.rules(t)
	if s.Reverse {
		forth = back
	}
	if s.key() == WorklistByProbability {
		return fmt.Sprintf(forth, s.Class)
	}
	return forth
}

func (s WorklistSort) rules(t texts.SortRules) (forth, back string) {
	switch s.key() {
	case WorklistByAdded:
		return t.Added, t.AddedBack
	case WorklistByChanged:
		return t.Changed, t.ChangedBack
	case WorklistByState:
		return t.State, t.StateBack
	case WorklistByPriority:
		return t.Priority, t.PriorityBack
	case WorklistByProbability:
		return t.Probability, t.ProbabilityBack
	case WorklistByUncertainty:
		return t.Uncertainty, t.UncertaintyBack
	case WorklistByEntropy:
		return t.Entropy, t.EntropyBack
	case WorklistByWarnings:
		return t.Warnings, t.WarningsBack
	case WorklistByLabel:
		return t.Label, t.LabelBack
	case WorklistByVerdict:
		return t.Verdict, t.VerdictBack
	}
	return t.Name, t.NameBack
}

// Widths of the choice of an order.
const (
	sortWidth = 290 // has room for a rule in words
	sortLeast = 170 // below it stands in a line of its own
)

// worklistSort tells the order in words, and offers all there are.
type worklistSort struct {
	texts   *texts.Texts
	changed func(s WorklistSort)

	object  *fyne.Container
	room    float32 // width that there is for all of it; 0 for as much as it wants
	choice  *widgets.Choice
	at      WorklistSort
	orders  []WorklistSort
	classes []string
	blinded bool
}

func newWorklistSort(t *texts.Texts, changed func(s WorklistSort)) *worklistSort {
	s := &worklistSort{texts: t, changed: changed}
	s.choice = widgets.NewChoice("", func(i int) { changed(s.orders[i]) })
	label := widgets.NewText(t.Worklist.SortedBy, widgets.TextLook{Whole: true})
	s.object = container.New(sortLayout{s}, label, s.choice, widgets.NewButton(t.Worklist.Reverse, s.turn))
	return s
}

// setRoom tells the width that there is.
func (s *worklistSort) setRoom(width float32) { s.room = width }

// sortLayout stands the words, the choice and the button beside each other; where there
// is no room for that, the choice stands below the others.
type sortLayout struct{ s *worklistSort }

func (l sortLayout) Layout(objects []fyne.CanvasObject, _ fyne.Size) { l.place(objects, put) }

func (l sortLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	l.place(objects, func(_ fyne.CanvasObject, x, y, width, height float32) {
		least = least.Max(fyne.NewSize(x+width, y+height))
	})
	return least
}

func (l sortLayout) place(objects []fyne.CanvasObject, put func(o fyne.CanvasObject, x, y, width, height float32)) {
	const gap = theme.Gap - 2
	label, choice, turn := objects[0], objects[1], objects[2]
	words, button := label.MinSize(), turn.MinSize()
	height := max(words.Height, choice.MinSize().Height, button.Height)
	middle := func(o fyne.CanvasObject, x, y, width float32) {
		put(o, x, y+(height-o.MinSize().Height)/2, width, o.MinSize().Height)
	}
	middle(label, 0, 0, words.Width)
	width := float32(sortWidth)
	if l.s.room > 0 {
		width = min(width, l.s.room-words.Width-button.Width-2*gap)
	}
	if width >= sortLeast {
		middle(choice, words.Width+gap, 0, width)
		middle(turn, words.Width+width+2*gap, 0, button.Width)
		return
	}
	middle(choice, 0, height+gap, min(sortWidth, l.s.room))
	if words.Width+gap+button.Width > l.s.room {
		middle(turn, 0, 2*(height+gap), button.Width)
		return
	}
	middle(turn, words.Width+gap, 0, button.Width)
}

func (s *worklistSort) turn() {
	turned := s.at
	turned.Reverse = !turned.Reverse
	s.changed(turned)
}

func (s *worklistSort) setClasses(classes []string) {
	s.classes = classes
	s.set(s.at)
}

func (s *worklistSort) setBlinded(on bool) {
	s.blinded = on
	s.set(s.at)
}

// set shows an order among those that are offered. The one at hand is told as it
// is, the others as they are before they are reversed.
func (s *worklistSort) set(at WorklistSort) {
	s.at = at
	s.orders = s.offered()
	var options []widgets.Option
	chosen := -1
	for i, o := range s.orders {
		if o.key() == at.key() && o.Class == at.Class {
			s.orders[i], o, chosen = at, at, i
		}
		option := widgets.Option{Label: o.words(s.texts.Worklist.Rules)}
		if s.blinded && o.ofModel() {
			option.Off, option.Note = true, s.texts.Worklist.BlindedOrder
		}
		options = append(options, option)
	}
	s.choice.SetOptions(options, chosen)
}

func (s *worklistSort) offered() []WorklistSort {
	var orders []WorklistSort
	for _, class := range s.classes {
		orders = append(orders, WorklistSort{By: WorklistByProbability, Class: class})
	}
	for _, key := range []WorklistKey{WorklistByUncertainty, WorklistByEntropy, WorklistByLabel, WorklistByWarnings, WorklistByState,
		WorklistByVerdict, WorklistByPriority, WorklistByName, WorklistByAdded, WorklistByChanged} {
		orders = append(orders, WorklistSort{By: key})
	}
	return orders
}
