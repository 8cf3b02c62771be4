// Package native starts the window on this machine's display. It alone imports
// the driver that draws windows and the system's own file dialogs, so that all
// else under ui is built and tested without a display. A build with -tags headless
// has neither.
package native

import (
	"errors"
	"log/slog"
	"time"

	"zoomscope/app"
)

// Config is what the window is made of.
type Config struct {
	Workspace *app.Workspace
	Settings  string // file that keeps the window's settings
	LogFile   string // file that Log writes to, shown to the user; "" for none
	Version   string
	Log       *slog.Logger
	Started   time.Time // when the program began
}

// ErrNoDisplay: there is no screen to open a window on.
var ErrNoDisplay = errors.New("no display: DISPLAY is not set; zoomscope --help lists what works without a window")
