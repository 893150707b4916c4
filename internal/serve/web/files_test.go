package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestFilesOf(t *testing.T) {
	a := news.Article{Enclosures: []news.Enclosure{
		{URL: "https://pod.example/1.mp3", Type: "audio/mpeg", Length: 123456, Duration: 3723, Title: "Salt"},
		{URL: "https://pod.example/a%20b.mp4", Type: "video/*", Length: 12_300_000, Duration: 95},
		{URL: "https://pod.example/cover.jpg", Type: "image/jpeg"},
		{URL: "javascript:alert(1)", Type: "audio/mpeg"},
		{URL: "https://pod.example/", Length: 900},
		{URL: "https://pod.example/big", Length: 2_500_000_000},
		{URL: "https://pod.example/1.mp3", Type: "audio/mpeg"},
	}}
	got := map[bool][]string{}
	for _, pictures := range []bool{false, true} {
		for _, f := range filesOf(a, pictures) {
			got[pictures] = append(got[pictures], f.Name+": "+f.About+" "+f.Out.URL)
		}
	}
	files := []string{
		"Salt: audio/mpeg, 123 kB, 1:02:03 https://pod.example/1.mp3", "a b.mp4: video, 12.3 MB, 1:35 https://pod.example/a%20b.mp4",
		"pod.example: 900 B https://pod.example/", "big: 2.5 GB https://pod.example/big",
	}
	want := map[bool][]string{false: files, true: {files[0], files[1], "cover.jpg: image/jpeg https://pod.example/cover.jpg", files[2], files[3]}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
