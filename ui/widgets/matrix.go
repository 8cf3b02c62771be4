package widgets

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Matrix is a confusion matrix whose cells can be pressed: a row for each true
// class, a column for each answer. Classes are numbered; the rows name them.
type Matrix struct {
	// OnPressed is called with the cell that was pressed, when it is not empty.
	OnPressed func(truth, said int)

	box   *fyne.Container
	cells [][]*Pressable
}

const (
	matrixCell  = 34 // height of a cell
	matrixTop   = 18 // of the columns' numbers
	matrixMost  = 72 // widest cell
	matrixLeast = 24
	matrixName  = 150 // widest name, where there is room
)

// NewMatrix makes a matrix of nothing.
func NewMatrix(pressed func(truth, said int)) *Matrix {
	return &Matrix{OnPressed: pressed, box: &fyne.Container{}}
}

// Object is what to place in the window.
func (m *Matrix) Object() fyne.CanvasObject { return m.box }

// Set shows counts, by true class and answer.
func (m *Matrix) Set(classes []string, counts [][]int) {
	m.cells = nil
	var objects []fyne.CanvasObject
	quiet := TextLook{Color: standard.ColorNamePlaceHolder, Align: fyne.TextAlignCenter}
	for j := range classes {
		objects = append(objects, NewText(strconv.Itoa(j+1), quiet))
	}
	for i, class := range classes {
		objects = append(objects, NewText(strconv.Itoa(i+1)+"  "+class, TextLook{MaxLines: 2}))
		sum := 0
		for _, n := range counts[i] {
			sum += n
		}
		var row []*Pressable
		for j, n := range counts[i] {
			cell := m.cell(i, j, n, float64(n)/float64(max(1, sum)))
			row = append(row, cell)
			objects = append(objects, cell)
		}
		m.cells = append(m.cells, row)
	}
	m.box.Layout, m.box.Objects = matrixLayout{len(classes)}, objects
	m.box.Refresh()
}

// cell is shaded by its share of the row: errors in another colour than answers that
// are right.
func (m *Matrix) cell(truth, said, n int, share float64) *Pressable {
	look := TextLook{Align: fyne.TextAlignCenter, Bold: truth == said && n > 0}
	if n == 0 {
		look.Color = standard.ColorNameDisabled
	}
	tint := standard.ColorNamePrimary
	if truth != said {
		tint = standard.ColorNameWarning
	}
	content := container.NewStack(newShade(tint, share), container.New(middle{}, NewText(strconv.Itoa(n), look)))
	var press func()
	if n > 0 {
		press = func() {
			if m.OnPressed != nil {
				m.OnPressed(truth, said)
			}
		}
	}
	return NewPressable(content, PressableLook{Border: standard.ColorNameSeparator}, press)
}

// Cell is the control of a cell.
func (m *Matrix) Cell(truth, said int) *Pressable { return m.cells[truth][said] }

// Mark shows one cell as the one whose slides are listed; -1 for none.
func (m *Matrix) Mark(truth, said int) {
	for i, row := range m.cells {
		for j, c := range row {
			mark := Plain
			if i == truth && j == said {
				mark = Selected
			}
			c.Mark(mark)
		}
	}
}

// shade is a faint tint of a colour of the theme.
type shade struct {
	widget.BaseWidget
	tint  fyne.ThemeColorName
	share float64
	fill  *canvas.Rectangle
}

func newShade(tint fyne.ThemeColorName, share float64) *shade {
	s := &shade{tint: tint, share: share, fill: rounded(3)}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer belongs to Fyne.
func (s *shade) CreateRenderer() fyne.WidgetRenderer { return newPainted(s.fill, s.paint) }

func (s *shade) paint() {
	const strongest = 0.38 // at which words on it can be read
	r, g, b, _ := inked(s, s.tint).RGBA()
	s.fill.FillColor = color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(255 * strongest * s.share)}
}

// middle gives its object the width there is, halfway down.
type middle struct{}

func (middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, (size.Height-height)/2))
	}
}

func (middle) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(matrixLeast, matrixCell)
}

// matrixLayout stands numbers, then rows of a name and n cells. The cells share what
// the names leave.
type matrixLayout struct{ n int }

func (l matrixLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if l.n == 0 {
		return
	}
	name := min(matrixName, size.Width*0.42)
	cell := min(matrixMost, max(matrixLeast, (size.Width-name)/float32(l.n)-2))
	for j := range l.n {
		objects[j].Resize(fyne.NewSize(cell, matrixTop))
		objects[j].Move(fyne.NewPos(name+float32(j)*(cell+2), 0))
	}
	for i := range l.n {
		y := matrixTop + float32(i)*(matrixCell+2)
		row := objects[l.n+i*(l.n+1):]
		row[0].Resize(fyne.NewSize(name-6, matrixCell))
		height := row[0].MinSize().Height
		row[0].Resize(fyne.NewSize(name-6, height))
		row[0].Move(fyne.NewPos(0, y+max(0, (matrixCell-height)/2)))
		for j := range l.n {
			row[1+j].Resize(fyne.NewSize(cell, matrixCell))
			row[1+j].Move(fyne.NewPos(name+float32(j)*(cell+2), y))
		}
	}
}

func (l matrixLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(l.n)*(matrixLeast+2)+60, matrixTop+float32(l.n)*(matrixCell+2))
}
