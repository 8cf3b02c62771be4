package app

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"

	"zoomscope/app/logfile"
	"zoomscope/engine/bench"
)

// diagnosticLog is how much of the log is told, in bytes.
const diagnosticLog = 16 << 10

// Diagnostics is a text about the program and the machine, to be sent with a report
// of an error: versions, libraries, devices, folders, and the end of the log. Paths
// in the log, and values that name files, are left out, since they may name
// patients; so is the user's home folder. It proves the devices, which may take
// seconds.
func (w *Workspace) Diagnostics(ctx context.Context) string {
	var b strings.Builder
	line := func(name, format string, values ...any) {
		fmt.Fprintf(&b, "%-14s %s\n", name, withoutHome(fmt.Sprintf(format, values...)))
	}
	m := bench.ThisMachine()
	line("Zoomscope", "%s", w.Version)
	line("system", "%s %s", m.OS, m.Arch)
	line("built with", "%s", runtime.Version())
	line("processor", "%s, %d threads", orUnknown(m.Processor), m.Cores)
	line("memory", "%s", orUnknown(memory("/proc/meminfo")))
	w.describeLibraries(line)
	w.describeDevices(ctx, line)
	line("data folder", "%s", w.DataDir)
	b.WriteString(w.endOfLog())
	return b.String()
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// memory is what a file like Linux's /proc/meminfo says of the machine; "" without
// one.
func memory(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var said []string
	for _, key := range []string{"MemTotal", "MemAvailable"} {
		if _, rest, ok := strings.Cut(string(text), key+":"); ok {
			var kib float64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				said = append(said, fmt.Sprintf("%.1f GB %s", kib*1024/1e9, strings.ToLower(strings.TrimPrefix(key, "Mem"))))
			}
		}
	}
	return strings.Join(said, ", ")
}

// library is what tells of a native library.
type library interface {
	Status() (version, path string, err error)
}

func (w *Workspace) describeLibraries(line func(name, format string, values ...any)) {
	describe := func(name string, l library) {
		if version, path, err := l.Status(); err != nil {
			line(name, "%v", err)
		} else {
			line(name, "%s, %s", version, path)
		}
	}
	for _, d := range w.Drivers {
		if l, ok := d.(library); ok {
			describe(d.Name(), l)
		}
	}
	if w.Devices != nil {
		describe("ONNX Runtime", w.Devices)
	}
}

func (w *Workspace) describeDevices(ctx context.Context, line func(name, format string, values ...any)) {
	if w.Devices == nil {
		return
	}
	devices, err := w.DeviceChoices(ctx)
	if err != nil {
		line("devices", "%v", err)
	}
	for _, d := range devices {
		works := "works"
		if !d.OK {
			works = "does not work"
		}
		line("device", "%s (%s) %s: %s", d.Kind, d.Name, works, d.Detail)
	}
}

// endOfLog is the end of the log, without what may name patients.
func (w *Workspace) endOfLog() string {
	if w.LogFile == "" {
		return ""
	}
	text, err := logfile.Tail(w.LogFile, diagnosticLog)
	if err != nil {
		return fmt.Sprintf("\nlog: %s\n", withoutFiles(err.Error()))
	}
	return "\nend of the log:\n" + withoutFiles(text)
}

// withoutHome writes ~ for the user's home folder.
func withoutHome(s string) string {
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		s = strings.ReplaceAll(s, home, "~")
	}
	return s
}

// withoutFiles leaves out what names files, rather too much than too little: values
// under such names, paths up to the next colon, quote or end of line, since they may
// have spaces in them, and words with a slide's ending.
func withoutFiles(text string) string {
	text = namedFile().ReplaceAllString(text, "$1=(left out)")
	text = paths().ReplaceAllString(text, "(path left out)")
	return slideNames().ReplaceAllString(text, "(name left out)")
}

func namedFile() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b([\w.-]*(?:path|file|slide|folder|name|dir))=("(?:[^"\\\n]|\\.)*"|\S*)`)
}

func paths() *regexp.Regexp {
	return regexp.MustCompile(`(?:\b[A-Za-z]:)?[\w.~-]*(?:/|\\[^"\n])[^:"\n]*`)
}

func slideNames() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[^\s"=:]+\.(?:svs|ndpi|mrxs|scn|bif|vms|vmu|svslide|dcm|czi|tiff?|png|jpe?g|bmp|safetensors|onnx|json|csv|pdf)\b`)
}
