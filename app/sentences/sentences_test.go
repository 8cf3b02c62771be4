package sentences

import (
	"encoding/json"
	"strings"
	"testing"

	"zoomscope/assets"
)

func german(t *testing.T) *Sentences {
	t.Helper()
	s, err := New("de")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSay(t *testing.T) {
	s := german(t)
	for english, want := range map[string]string{
		"as requested": "wie verlangt",
		"openslide.mpp-x gives 0.2282 µm per pixel, objective power (openslide.objective-power) gives 0.25: 10 % apart":                                 "openslide.mpp-x nennt 0,2282 µm je Pixel, Objektivvergrößerung (openslide.objective-power) nennt 0,25: 10 % Unterschied",
		"The slide was scanned at 10.5x; its patches at 20x, 2.5x are enlarged and show no more detail than that.":                                      "Der Schnitt wurde bei 10,5x gescannt; seine Kacheln bei 20x, 2,5x sind vergrößert und zeigen nicht mehr Einzelheiten.",
		"The patches cover 52 % of the tissue that was found: the tissue settings leave out patches with less than 12.5 % tissue.":                      "Die Kacheln bedecken 52 % des gefundenen Gewebes: Die Gewebe-Einstellungen lassen Kacheln mit weniger als 12,5 % Gewebe aus.",
		"Ran on cpu instead of cuda: cuda was requested, but no Vulkan driver found: a graphics card needs its driver installed; the CPU runs instead.": "Lief auf cpu statt cuda: cuda war verlangt, aber: kein Vulkan-Treiber gefunden: Eine Grafikkarte braucht ihren Treiber; stattdessen läuft die CPU.",
		"no faster device could be used (cuda: no such thing 1.5; webgpu: this ONNX Runtime was built without it)":                                      "kein schnelleres Gerät war zu gebrauchen (cuda: no such thing 1.5; webgpu: diese ONNX Runtime wurde ohne das Gerät gebaut)",
		"The model \"a {b}\" is untrained: its prediction and attention mean nothing.":                                                                  "Das Modell „a {b}“ ist nicht trainiert: Seine Vorhersage und Aufmerksamkeit sind ohne Bedeutung.",
		"The test split has no slide of class \"b\": its figures, and those that need all classes, stay empty.":                                         "Im Teil „Test“ ist kein Schnitt der Klasse „b“: ihre Zahlen, und die, für die es alle Klassen braucht, bleiben leer.",
		"Slides in no split, which take no part (12): a; b (2); and 10 more.":                                                                           "Schnitte in keinem Teil, die nicht mitwirken (12): a; b (2); und 10 weitere.",
		"Patients with slides of several labels, divided by the most frequent (1): patient P. 7 counts as \"b\".":                                       "Patienten mit Schnitten mehrerer Label, nach dem häufigsten aufgeteilt (1): Patient P. 7 zählt als „b“.",
		"C:\\s.csv: classes without a slide to train on (2): \"a\"; \"b\": add slides, or divide otherwise":                                             "C:\\s.csv: Klassen ohne einen Schnitt zum Trainieren (2): \"a\"; \"b\": Fügen Sie Schnitte hinzu, oder teilen Sie anders auf",
		"No patch holds the 12.5 % tissue that the tissue settings ask for, so that every patch of the slide was read.":                                 "Keine Kachel enthält die 12,5 % Gewebe, die die Gewebe-Einstellungen verlangen, daher wurde jede Kachel des Schnitts gelesen.",
		"A sentence that nobody knows: 1.5": "A sentence that nobody knows: 1.5",
		"":                                  "",
	} {
		if got := s.Say(english); got != want {
			t.Errorf("%q gives\n%q, want\n%q", english, got, want)
		}
	}
	for _, lang := range []string{"en", "xx", ""} {
		if s, err := New(lang); err != nil || s.Say("as requested") != "as requested" {
			t.Errorf("%q: error %v", lang, err)
		}
	}
}

// TestTable wants each pattern once, and reached: what it stands for must not be
// taken by one before it.
func TestTable(t *testing.T) {
	var pairs [][2]string
	if err := json.Unmarshal(assets.Sentences("de"), &pairs); err != nil {
		t.Fatal(err)
	}
	s, fill := german(t), strings.NewReplacer("{#", "7{")
	for i, p := range pairs {
		sample := placeholder.ReplaceAllString(fill.Replace(p[0]), "7")
		for j := range s.all {
			if s.all[j].english.MatchString(sample) {
				if j != i {
					t.Errorf("%q is taken by %q", p[0], pairs[j][0])
				}
				break
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"no JSON": `[`, "not pairs": `{"a": "b"}`, "a placeholder is lost": `[["a {b}", "a"]]`,
		"one is made up": `[["a", "a {b}"]]`, "one is there twice": `[["a {b}", "{b} {b}"]]`,
	} {
		if _, err := parse([]byte(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzSay never panics, whatever a result says.
func FuzzSay(f *testing.F) {
	s, err := New("de")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Ran on a instead of b: Ran on c instead of d: e..")
	f.Add("\x80 gives 1 µm per pixel, {x} gives 2: 3 % apart")
	f.Fuzz(func(t *testing.T, text string) {
		if s.Say(text) == "" && text != "" {
			t.Errorf("nothing is said for %q", text)
		}
	})
}
