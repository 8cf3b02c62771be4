package viewer

import (
	"image/color"
	"testing"
)

func TestSmoke(t *testing.T) {
	b := show(t, 800, 600, 1, Options{})
	b.SetSource(plain(5000, 3000, color.RGBA{200, 100, 50, 255}), nil)
	b.SetResolution(0.25)
	b.settle(t)
	t.Logf("%+v %+v", b.Camera(), b.Stats())
	b.SetCamera(Camera{2000, 1000, 1})
	b.settle(t)
	t.Logf("%+v %+v", b.Camera(), b.Stats())
	b.capture()
}
