package prints

import (
	"slices"
	"testing"

	"headwater/internal/news"
)

func TestPictureID(t *testing.T) {
	for address, want := range map[string]string{
		"https://img.wire.example/2026/08/18/6f1ed002-ab5d-4c6e-9a04-8a3f0f6f2b11_16-9-aspect-ratio_default_0.jpg":              "6f1ed002-ab5d-4c6e-9a04-8a3f0f6f2b11",
		"https://cdn.paper.example/resize/6F1ED002-AB5D-4C6E-9A04-8A3F0F6F2B11/640":                                             "6f1ed002-ab5d-4c6e-9a04-8a3f0f6f2b11",
		"https://img.paper.example/media/5ca226ddf8fb960e15a552841460ed9a719e9485/0_102_4288_2572/master/4288.jpg":              "5ca226ddf8fb960e15a552841460ed9a719e9485",
		"https://img.paper.example/5ca226ddf8fb960e15a552841460ed9a719e9485/0_102_4288_2572/4288.jpg?width=140":                 "5ca226ddf8fb960e15a552841460ed9a719e9485",
		"https://img.wire.example/resizer/v2/ZQVBHIEMFVCV5GZV5RPKNELXIY.jpg?auth=1f&width=600":                                  "ZQVBHIEMFVCV5GZV5RPKNELXIY",
		"https://static.wire.example/image/61234567_605.jpg":                                                                    "61234567",
		"https://static.wire.example/image/20260818_605.jpg":                                                                    "",
		"https://static.wire.example/image/18082026.jpg":                                                                        "",
		"https://assets.wire.example/images/users/iqKWHBFdxxIU/iOrTcNcqDfXY4/v1/1200x800.jpg":                                   "iOrTcNcqDfXY4",
		"https://dims.wire.example/crop/599x399/?url=https%3A%2F%2Fassets.wire.example%2F6f%2Fdd32c9d8e84e9d6b1d2bdc8ad6b1.jpg": "dd32c9d8e84e9d6b1d2bdc8ad6b1",
		"https://paper.example/files/2026/08/ferry-aground-off-tarvos-1024x768.jpg":                                             "ferry-aground-off-tarvos",
		"https://other.example/wp-content/uploads/Ferry_aground_off_Tarvos-scaled.webp":                                         "ferry-aground-off-tarvos",
		"https://paper.example/files/harbour-office.jpg":                                                                        "",
		"https://paper.example/logo.png":                                                                                        "",
		"https://paper.example/":                                                                                                "",
		"https://paper.example/a?b=%zz":                                                                                         "",
		"http://%zz":                                                                                                            "",
		"":                                                                                                                      "",
	} {
		if got := pictureID(address, maxNestedURLs); got != want {
			t.Errorf("pictureID(%q) = %q, want %q", address, got, want)
		}
	}
	loop := "https://a.example/?u=https%3A%2F%2Fb.example%2F%3Fu%3Dhttps%253A%252F%252Fc.example%252F61234567.jpg"
	if got := pictureID(loop, 1); got != "" {
		t.Errorf("an address too deep in others gives %q", got)
	}
}

// One picture has one id in an enclosure and in HTML, and a print has the first few.
func TestPictures(t *testing.T) {
	enclosed := pictures(news.Article{Enclosures: []news.Enclosure{
		{URL: "https://img.example/61234567_605.jpg", Type: "image/jpeg"}, {URL: "https://pod.example/71234567.mp3", Type: "audio/mpeg"},
	}})
	shown := pictures(news.Article{HTML: `<p>Text</p><img alt="" src="https://cdn.example/w640/61234567.webp"><img src="https://cdn.example/logo.png">`})
	if len(enclosed) != 1 || !slices.Equal(enclosed, shown) {
		t.Errorf("enclosed %v, shown %v; want one and the same", enclosed, shown)
	}
	var many []news.Enclosure
	for i := range 3 * maxPictures {
		many = append(many, news.Enclosure{URL: "https://img.example/6123456" + string(rune('a'+i)) + "0123456789.jpg", Type: "image/*"})
	}
	p := Make(news.Article{Title: "Many", Enclosures: many}, "Many")
	if len(p.Pictures) != maxPictures {
		t.Errorf("%d ids are kept of %d pictures, want %d", len(p.Pictures), len(many), maxPictures)
	}
}
