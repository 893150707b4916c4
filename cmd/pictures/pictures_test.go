package main

import (
	"image"
	"image/color"
	"testing"
)

// gradient has width times height colours, more than a palette.
func gradient(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			m.SetRGBA(x, y, color.RGBA{uint8(x * 255 / (width - 1)), uint8(y * 255 / (height - 1)), 128, 255})
		}
	}
	return m
}

func TestFewColoursStayAsTheyAre(t *testing.T) {
	m := gradient(16, 16) // 256 colours
	out := withPalette(m)
	for x := range 16 {
		for y := range 16 {
			if got, want := color.RGBAModel.Convert(out.At(x, y)), m.RGBAAt(x, y); got != want {
				t.Fatalf("%d, %d is %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestManyColoursBecomeNearOnes(t *testing.T) {
	m := gradient(64, 64)
	out := withPalette(m)
	if len(out.Palette) != maxColours {
		t.Errorf("%d colours, want %d", len(out.Palette), maxColours)
	}
	far := func(a, b uint8) bool { return max(a, b)-min(a, b) > 16 }
	for x := range 64 {
		for y := range 64 {
			r, g, b, _ := out.At(x, y).RGBA()
			got, want := color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}, m.RGBAAt(x, y)
			if far(got.R, want.R) || far(got.G, want.G) || far(got.B, want.B) {
				t.Fatalf("%d, %d is %v, want %v or near", x, y, got, want)
			}
		}
	}
}

func TestOneColour(t *testing.T) {
	if out := withPalette(image.NewRGBA(image.Rect(0, 0, 3, 3))); len(out.Palette) != 1 {
		t.Errorf("%d colours, want 1", len(out.Palette))
	}
}

func TestComparison(t *testing.T) {
	if _, err := comparison([]story{{ID: 1, Members: []member{{1, "copy", .5}}}}); err == nil {
		t.Error("a story without an original is compared")
	}
	got, err := comparison([]story{
		{ID: 1, Members: []member{{1, "copy", 1}, {2, "original", .5}}},
		{ID: 2, Members: []member{{3, "original", 1}, {4, "rewrite", .1}, {5, "copy", .7}}},
	})
	if want := "/story/2/compare?a=3&b=5"; got != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
