package news

import "testing"

func TestRecordingType(t *testing.T) {
	for _, tt := range []struct{ declared, address, want string }{
		{"audio/mpeg", "https://a.example/x", "audio/mpeg"},
		{"Audio/MP3; charset=utf-8", "https://a.example/x", "audio/mpeg"},
		{"audio/x-m4a", "https://a.example/x.m4a", "audio/mp4"},
		{"video/mp4", "https://a.example/x", "video/mp4"},
		{"video/webm; codecs=\"vp9", "https://a.example/x", "video/webm"},
		{"application/ogg", "https://a.example/x", "audio/ogg"},
		{"", "https://a.example/x.MP3?token=1.txt", "audio/mpeg"},
		{"application/octet-stream", "https://a.example/x.opus", "audio/ogg"},
		{"audio/*", "https://a.example/x.mp3", "audio/mpeg"},
		{"video/*", "https://a.example/x.mp4", "video/mp4"},
		{"audio/*", "https://a.example/x.mp4", ""},
		{"text/html", "https://a.example/x.mp3", ""},
		{"audio/x-mpegurl", "https://a.example/x.mp3", ""},
		{"video/quicktime", "https://a.example/x.mov", ""},
		{"application/vnd.apple.mpegurl", "https://a.example/x.m3u8", ""},
		{"", "https://a.example/x.exe", ""},
		{"audio/\"><script>", "https://a.example/x", ""},
		{"", "%zz.mp3", ""},
	} {
		if got := RecordingType(tt.declared, tt.address); got != tt.want {
			t.Errorf("RecordingType(%q, %q) is %q, want %q", tt.declared, tt.address, got, tt.want)
		}
	}
}
