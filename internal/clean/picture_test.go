package clean

import "testing"

func TestPictures(t *testing.T) {
	for in, want := range map[string]string{
		`<img src="https://a.example/x.png">a`:                                                             `<img src="https://a.example/x.png">a`,
		`<img src="https://a.example/x?a=1&amp;b=2" alt='"A" &lt;b&gt;' width=640 height="480px">`:         `<img src="https://a.example/x?a=1&amp;b=2" alt="&#34;A&#34; &lt;b&gt;" width="640" height="480">`,
		`<img src="https://a.example/x.png" onerror="x()" style="y" class="z" width="50%">`:                `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-src="https://a.example/x.png">`:                          `<img src="https://a.example/x.png">`,
		`<img srcset="https://a.example/1.png 1x, https://a.example/2.png 2x">`:                            `<img src="https://a.example/1.png">`,
		`<picture><source srcset="https://a.example/x.webp"><img src="https://a.example/x.png"></picture>`: `<img src="https://a.example/x.png">`,
		`<img src="https://count.example/p.gif" width="1" height="1">a`:                                    `a`,
		`<img src="/relative.png">a`:      `a`,
		`<img src="javascript:x">a`:       `a`,
		`<img src="file:///etc/passwd">a`: `a`,
		`<img>a`:                          `a`,
		`<video poster="https://a.example/p.png" src="https://a.example/v.mp4">no</video>a`: `a`,
		`<svg><image href="https://a.example/x.png"/></svg>a`:                               `a`,
	} {
		got := Sanitize(in)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
		if again := Sanitize(got); again != got && want[0] == '<' {
			t.Errorf("%s\n becomes %s\n when cleaned again", got, again)
		}
	}
}
