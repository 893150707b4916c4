package publish_test

import (
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestEnclosures holds each format against what it says of files, with its validator's word.
func TestEnclosures(t *testing.T) {
	podcast := news.Enclosure{URL: "https://pod.example/1.mp3", Type: "audio/mpeg", Length: 123456, Duration: 3723, Title: "Salt & <more>"}
	plain := news.Enclosure{URL: "https://pod.example/2.mp3", Type: "audio/mpeg"}
	cover := news.Enclosure{URL: "https://pod.example/cover.jpg", Type: "image/jpeg"}
	wild := news.Enclosure{URL: "https://pod.example/cover", Type: "image/*"}
	paper := news.Enclosure{URL: "https://pod.example/notes.pdf", Type: "application/pdf", Length: 9}
	untyped := news.Enclosure{URL: "https://pod.example/x"}
	for name, tt := range map[string]struct {
		files []news.Enclosure
		want  map[string][]string
		lacks []string
	}{
		"a recording with all that can be said": {[]news.Enclosure{podcast}, map[string][]string{
			"atom": {`<link rel="enclosure" type="audio/mpeg" href="https://pod.example/1.mp3" title="Salt &amp; &lt;more&gt;" length="123456">`},
			"rss":  {`<enclosure url="https://pod.example/1.mp3" length="123456" type="audio/mpeg">`, `<media:content url="https://pod.example/1.mp3" type="audio/mpeg" medium="audio" fileSize="123456" duration="3723">`},
			"json": {`"url": "https://pod.example/1.mp3"`, `"mime_type": "audio/mpeg"`, `"title": "Salt & <more>"`, `"size_in_bytes": 123456`, `"duration_in_seconds": 3723`},
		}, nil},
		"a recording of unknown length": {[]news.Enclosure{plain}, map[string][]string{
			"atom": {`<link rel="enclosure" type="audio/mpeg" href="https://pod.example/2.mp3">`},
			"rss":  {`<enclosure url="https://pod.example/2.mp3" length="0" type="audio/mpeg">`},
			"json": {`"mime_type": "audio/mpeg"`},
		}, []string{"media:content ", "size_in_bytes", "duration_in_seconds"}},
		"a recording before a picture": {[]news.Enclosure{cover, plain}, map[string][]string{
			"atom": {`href="https://pod.example/cover.jpg"`, `href="https://pod.example/2.mp3"`},
			"rss":  {`<enclosure url="https://pod.example/2.mp3" length="0" type="audio/mpeg">`, `<media:content url="https://pod.example/cover.jpg" type="image/jpeg" medium="image">`},
			"json": {`"image": "https://pod.example/cover.jpg"`, `"url": "https://pod.example/2.mp3"`},
		}, nil},
		"a document before a picture": {[]news.Enclosure{cover, paper}, map[string][]string{"rss": {`<enclosure url="https://pod.example/notes.pdf" length="9" type="application/pdf">`}}, nil},
		"a picture alone":             {[]news.Enclosure{cover}, map[string][]string{"rss": {`<enclosure url="https://pod.example/cover.jpg" length="0" type="image/jpeg">`}}, nil},
		"a picture of some type": {[]news.Enclosure{wild}, map[string][]string{
			"rss": {`<media:content url="https://pod.example/cover" medium="image">`}, "atom": {`<link rel="enclosure" href="https://pod.example/cover">`}, "json": {`"image": "https://pod.example/cover"`},
		}, []string{"image/*", "<enclosure"}},
		"a file of no type": {[]news.Enclosure{untyped}, map[string][]string{
			"rss": {`<enclosure url="https://pod.example/x" length="0" type="application/octet-stream">`}, "json": {`"mime_type": "application/octet-stream"`},
		}, nil},
		"no addresses":   {[]news.Enclosure{{URL: "javascript:alert(1)", Type: "audio/mpeg"}, {URL: "/x.mp3"}, {}}, nil, []string{"enclosure", "attachments", "media:content "}},
		"twice the same": {[]news.Enclosure{plain, plain}, nil, []string{"media:content "}},
	} {
		st := owned()
		for i := range st.Members {
			st.Members[i].Article.Enclosures = nil
			if st.Members[i].Article.ID == st.Lead().Article.ID {
				st.Members[i].Article.Enclosures = tt.files
			}
		}
		for _, f := range formats {
			got := string(write(t, f.name, channel(st)))
			for _, p := range f.validate([]byte(got)) {
				t.Errorf("%s, %s: %s", name, f.name, p)
			}
			for _, want := range tt.want[f.name] {
				if !strings.Contains(got, want) {
					t.Errorf("%s, %s: no %s in\n%s", name, f.name, want, got)
				}
			}
			for _, lacks := range tt.lacks {
				if strings.Contains(got, lacks) {
					t.Errorf("%s, %s: %s in\n%s", name, f.name, lacks, got)
				}
			}
		}
	}
}

// TestEnclosureOfAMember: where the lead has no recording, that of a member goes on.
func TestEnclosureOfAMember(t *testing.T) {
	st := owned()
	last := len(st.Members) - 1
	st.Members[last].Article.Enclosures = []news.Enclosure{{URL: "https://pod.example/1.mp3", Type: "audio/mpeg"}}
	for _, f := range formats {
		if got := string(write(t, f.name, channel(st))); last < 1 || !strings.Contains(got, "https://pod.example/1.mp3") {
			t.Errorf("%s: no recording in\n%s", f.name, got)
		}
	}
}
