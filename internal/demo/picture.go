package demo

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The size of an article's picture in pixels.
const pictureWidth, pictureHeight = 640, 360

// scenes are what pictures show, by the name in an article's header. Each has the sky's colours from the top to the horizon,
// and then the colours of its layers from the back to the front.
var scenes = map[string]struct {
	sky    [2]color.RGBA
	layers []color.RGBA
	shape  func(x, layer int, seed uint32) int // height of a layer in pixels
}{
	"sea":   {[2]color.RGBA{{0x8f, 0xb8, 0xd6, 255}, {0xf3, 0xe3, 0xc8, 255}}, []color.RGBA{{0x4f, 0x86, 0xa6, 255}, {0x3a, 0x6b, 0x8c, 255}, {0x25, 0x4d, 0x6b, 255}}, wave},
	"hills": {[2]color.RGBA{{0xb9, 0xc9, 0xd8, 255}, {0xf4, 0xea, 0xdc, 255}}, []color.RGBA{{0x9a, 0xa7, 0xa0, 255}, {0x6f, 0x85, 0x6c, 255}, {0x44, 0x5e, 0x47, 255}}, ridge},
	"town":  {[2]color.RGBA{{0x39, 0x46, 0x6b, 255}, {0xe6, 0xa8, 0x7c, 255}}, []color.RGBA{{0x6a, 0x5f, 0x7e, 255}, {0x48, 0x44, 0x63, 255}, {0x27, 0x29, 0x42, 255}}, houses},
	"field": {[2]color.RGBA{{0xa9, 0xd0, 0xe8, 255}, {0xee, 0xf4, 0xe4, 255}}, []color.RGBA{{0x8d, 0xb3, 0x6a, 255}, {0x6b, 0x9a, 0x50, 255}, {0x4b, 0x7c, 0x3c, 255}}, meadow},
}

func wave(x, layer int, seed uint32) int {
	return 150 - 45*layer + int(6*math.Sin(float64(x)/float64(26+14*layer)+float64(seed%7)+float64(layer)))
}

func ridge(x, layer int, seed uint32) int {
	at := float64(x) + float64(seed%997) + 211*float64(layer)
	return 190 - 55*layer + int(34*math.Sin(at/97)+16*math.Sin(at/41)+5*math.Sin(at/13))
}

func houses(x, layer int, seed uint32) int {
	wide := 34 + 13*layer
	number := crc32.ChecksumIEEE(fmt.Appendf(nil, "%d %d %d", seed, layer, x/wide))
	return 170 - 50*layer + int(number%60)
}

func meadow(x, layer int, seed uint32) int {
	return 140 - 48*layer + int(14*math.Sin(float64(x)/160+float64(seed%11)+2*float64(layer)))
}

// drawScene returns a picture as PNG. The same name and seed give the same bytes.
func drawScene(name string, seed uint32) ([]byte, error) {
	scene, ok := scenes[name]
	if !ok {
		return nil, fmt.Errorf("picture: there is no scene %q", name)
	}
	const shades = 48 // of the sky
	palette := make(color.Palette, 0, shades+1+len(scene.layers))
	mix := func(a, b uint8, i int) uint8 { return uint8((int(a)*(shades-1-i) + int(b)*i) / (shades - 1)) }
	for i := range shades {
		top, low := scene.sky[0], scene.sky[1]
		palette = append(palette, color.RGBA{mix(top.R, low.R, i), mix(top.G, low.G, i), mix(top.B, low.B, i), 255})
	}
	palette = append(palette, color.RGBA{0xff, 0xf6, 0xdd, 255}) // the sun
	for _, c := range scene.layers {
		palette = append(palette, c)
	}
	m := image.NewPaletted(image.Rect(0, 0, pictureWidth, pictureHeight), palette)
	sunX, sunY := 90+int(seed%460), 70+int(seed/460%60)
	for x := range pictureWidth {
		heights := make([]int, len(scene.layers))
		for layer := range heights {
			heights[layer] = scene.shape(x, layer, seed)
		}
		for y := range pictureHeight {
			i := min(shades-1, y*shades/(pictureHeight-120))
			if dx, dy := x-sunX, y-sunY; dx*dx+dy*dy < 34*34 {
				i = shades
			}
			for layer, height := range heights {
				if pictureHeight-y <= height {
					i = shades + 1 + layer
				}
			}
			m.SetColorIndex(x, y, uint8(i))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
