package main

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

const maxColours = 256

// withPalette returns a picture with at most 256 colours, by median cut (Heckbert 1982): the box of colours with the longest
// side is cut in two at the median of its pixels, until there are enough. No dithering, which would make areas of one colour
// large in PNG.
func withPalette(m image.Image) *image.Paletted {
	uses := make(map[color.RGBA]int)
	size := m.Bounds()
	at := func(x, y int) color.RGBA {
		r, g, b, _ := m.At(x, y).RGBA()
		return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
	}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			uses[at(x, y)]++
		}
	}
	all := make(box, 0, len(uses))
	for c, n := range uses {
		all = append(all, colour{[3]uint8{c.R, c.G, c.B}, n})
	}
	index := make(map[color.RGBA]uint8, len(uses))
	var palette color.Palette
	for i, b := range cut(all) {
		palette = append(palette, b.mean())
		for _, c := range b {
			index[color.RGBA{c.rgb[0], c.rgb[1], c.rgb[2], 255}] = uint8(i)
		}
	}
	out := image.NewPaletted(size, palette)
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			out.SetColorIndex(x, y, index[at(x, y)])
		}
	}
	return out
}

// colour is a colour with the number of its pixels.
type colour struct {
	rgb  [3]uint8
	uses int
}

type box []colour

func cut(all box) []box {
	boxes := []box{all}
	for len(boxes) < maxColours {
		widest, channel, length := -1, 0, 0
		for i, b := range boxes {
			if c, n := b.longest(); n > length {
				widest, channel, length = i, c, n
			}
		}
		if widest < 0 {
			return boxes // each box is one colour
		}
		low, high := boxes[widest].halves(channel)
		boxes[widest] = low
		boxes = append(boxes, high)
	}
	return boxes
}

// longest returns the channel in which a box's colours differ most, and by how much.
func (b box) longest() (channel, length int) {
	for k := range 3 {
		low, high := uint8(255), uint8(0)
		for _, c := range b {
			low, high = min(low, c.rgb[k]), max(high, c.rgb[k])
		}
		if n := int(high) - int(low); n > length {
			channel, length = k, n
		}
	}
	return channel, length
}

// halves cuts a box of several colours at the median pixel. Neither half is empty.
func (b box) halves(channel int) (low, high box) {
	slices.SortFunc(b, func(x, y colour) int {
		return cmp.Or(cmp.Compare(x.rgb[channel], y.rgb[channel]), slices.Compare(x.rgb[:], y.rgb[:]))
	})
	total, sum, i := 0, 0, 0
	for _, c := range b {
		total += c.uses
	}
	for i < len(b)-2 && 2*(sum+b[i].uses) < total {
		sum += b[i].uses
		i++
	}
	return b[:i+1], b[i+1:]
}

// mean is the mean colour of a box's pixels.
func (b box) mean() color.RGBA {
	var sum [3]int
	total := 0
	for _, c := range b {
		total += c.uses
		for k := range 3 {
			sum[k] += int(c.rgb[k]) * c.uses
		}
	}
	return color.RGBA{uint8(sum[0] / total), uint8(sum[1] / total), uint8(sum[2] / total), 255}
}
