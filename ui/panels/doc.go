// Package panels holds the parts of the window around the slide. Each shows plain
// values that it is given and calls back what the user did; none knows the
// workspace or starts work of its own. All methods are called on the UI thread.
//
// A panel's Object wraps its text, is content with any width down to
// theme.PanelWidth, and is as high as its content: Tabs and the list of slides
// scroll.
package panels

// call passes a value on to whoever listens.
func call[T any](to func(T), v T) {
	if to != nil {
		to(v)
	}
}

// tell calls whoever listens.
func tell(to func()) {
	if to != nil {
		to()
	}
}
