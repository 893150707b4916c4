package clean

import "testing"

func TestEmbedded(t *testing.T) {
	const watch = `<a href="https://www.youtube.com/watch?v=abc123XYZ_0">Video: YouTube</a>`
	checkSanitized(t, map[string]string{
		`<iframe src="https://www.youtube.com/embed/abc123XYZ_0"></iframe>`:                                                                      `<p>` + watch + `</p>`,
		`<p>See <iframe title="YouTube video player" data-src="https://www.youtube-nocookie.com/embed/abc123XYZ_0?rel=0"></iframe> this</p>`:     `<p>See ` + watch + ` this</p>`,
		`<iframe src="https://www.youtube.com/embed/abc123XYZ_0?start=30"></iframe>`:                                                             `<p><a href="https://www.youtube.com/watch?v=abc123XYZ_0&amp;t=30s">Video: YouTube</a></p>`,
		`<iframe src="https://www.youtube.com/embed/videoseries?list=PL1"></iframe>`:                                                             `<p><a href="https://www.youtube.com/playlist?list=PL1">Video: YouTube</a></p>`,
		`<iframe src="about:blank" data-lazy-src="https://player.vimeo.com/video/123" title="Storm &amp; calm"></iframe>`:                        `<p><a href="https://vimeo.com/123">Video: Storm &amp; calm (Vimeo)</a></p>`,
		`<iframe src="https://charts.example/1/" aria-label="Prices since 2020"></iframe>`:                                                       `<p><a href="https://charts.example/1/">Embedded page: Prices since 2020</a></p>`,
		`<iframe src="https://charts.example/1/"/><p>after</p>`:                                                                                  `<p><a href="https://charts.example/1/">Embedded page: charts.example</a></p><p>after</p>`,
		`<iframe src="https://charts.example/1/"><p>after</p>`:                                                                                   `<p><a href="https://charts.example/1/">Embedded page: charts.example</a></p><p>after</p>`,
		`<iframe src="https://charts.example/plan.pdf"></iframe>`:                                                                                `<p><a href="https://charts.example/plan.pdf">Document: plan.pdf</a></p>`,
		`<iframe srcdoc="<a href=https://www.youtube.com/embed/abc123XYZ_0><img src=x></a>"></iframe>`:                                           `<p>` + watch + `</p>`,
		`<iframe srcdoc="<p>a</p>" title="Prices since 2020"></iframe>`:                                                                          `<p>Embedded page: Prices since 2020</p>`,
		`<iframe src="javascript:x"></iframe><iframe></iframe>a`:                                                                                 `a`,
		`<noscript><iframe src="https://www.youtube.com/embed/abc123XYZ_0"></iframe></noscript>`:                                                 `<p>` + watch + `</p>`,
		`<video controls><source src="https://a.example/v.mp4" type="video/mp4">Your browser</video>a`:                                           `<p><a href="https://a.example/v.mp4">Video: v.mp4</a></p>a`,
		`<video poster="https://a.example/p.png" src="https://a.example/v.mp4">no</video>a`:                                                      `<p><a href="https://a.example/v.mp4">Video: v.mp4</a></p>a`,
		`<video><a href="https://a.example/v.mp4">Download</a></video>`:                                                                          `<p><a href="https://a.example/v.mp4">Video: v.mp4</a></p>`,
		`<video src="https://a.example/v.mp4"><p>It goes on.`:                                                                                    `<p><a href="https://a.example/v.mp4">Video: v.mp4</a></p><p>It goes on.</p>`,
		`<audio controls src="https://a.example/a.mp3"></audio>`:                                                                                 `<p><a href="https://a.example/a.mp3">Recording: a.mp3</a></p>`,
		`<figure><audio src="https://a.example/a.mp3" title="The mayor speaks"></audio></figure>`:                                                `<figure><a href="https://a.example/a.mp3">Recording: The mayor speaks</a></figure>`,
		`<object data="https://a.example/plan.pdf"><p>No viewer</p></object>`:                                                                    `<p><a href="https://a.example/plan.pdf">Document: plan.pdf</a></p>`,
		`<object><param name="movie" value="https://www.youtube.com/v/abc123XYZ_0"><embed src="https://www.youtube.com/v/abc123XYZ_0"></object>`: `<p>` + watch + `</p>`,
		`<object data="https://a.example/x.png"></object>`:                                                                                       `<img src="https://a.example/x.png">`,
		`<embed src="https://a.example/tour.html">`:                                                                                              `<p><a href="https://a.example/tour.html">Embedded page: a.example</a></p>`,
		`<a href="https://a.example/"><iframe src="https://charts.example/1/"></iframe></a>`:                                                     `<a href="https://a.example/"></a><p><a href="https://charts.example/1/">Embedded page: charts.example</a></p>`,
	})
}

func TestElementsThatEmbed(t *testing.T) {
	const watch = `<p><a href="https://www.youtube.com/watch?v=abc123XYZ_0">Video: YouTube</a></p>`
	checkSanitized(t, map[string]string{
		`<amp-youtube data-videoid="abc123XYZ_0" layout=responsive></amp-youtube>`:                                                               watch,
		`<lite-youtube videoid="abc123XYZ_0"></lite-youtube>`:                                                                                    watch,
		`<amp-iframe src="https://www.youtube.com/embed/abc123XYZ_0"><amp-img placeholder src="https://a.example/p.png"></amp-img></amp-iframe>`: `<img src="https://a.example/p.png">` + watch,
		`<amp-video src="https://a.example/v.mp4"><div fallback>no</div></amp-video>`:                                                            `<p><a href="https://a.example/v.mp4">Video: v.mp4</a></p>`,
		`<amp-video src="https://a.example/v.mp4" width=1 height=1 layout=responsive></amp-video>`:                                               `<p><a href="https://a.example/v.mp4">Video: v.mp4</a></p>`,
		`<amp-audio><source src="https://a.example/a.mp3"></amp-audio>`:                                                                          `<p><a href="https://a.example/a.mp3">Recording: a.mp3</a></p>`,
		`<amp-twitter data-tweetid="123"></amp-twitter>`:                                                                                         `<p><a href="https://twitter.com/i/status/123">Embedded page: Twitter</a></p>`,
		`<my-player src="https://a.example/v.m3u8"></my-player>`:                                                                                 `<p><a href="https://a.example/v.m3u8">Video: v.m3u8</a></p>`,
		`<my-note href="https://a.example/">words</my-note>`:                                                                                     `words`,
		`<amp-ad src="https://ads.example/x"></amp-ad>a`:                                                                                         `a`,
		`<figure><oembed url="https://www.youtube.com/watch?v=abc123XYZ_0"></oembed></figure>`:                                                   `<figure><a href="https://www.youtube.com/watch?v=abc123XYZ_0">Video: YouTube</a></figure>`,
		`<div class="rll-youtube-player" data-src="https://www.youtube.com/embed/abc123XYZ_0" data-id="abc123XYZ_0"></div><noscript><iframe src="https://www.youtube.com/embed/abc123XYZ_0"></iframe></noscript>`: watch,
		`<div class="youtube" data-id="abc123XYZ_0"></div>`: watch,
		`<div class="youtube-wrap" data-attrs='{"videoId":"abc123XYZ_0"}'><iframe src="https://www.youtube-nocookie.com/embed/abc123XYZ_0"></iframe></div>`: watch,
		`<div class="tweet" data-attrs='{"full_text":"hi","url":"https://twitter.com/a/status/1"}'></div>`:                                                  `<p><a href="https://twitter.com/a/status/1">Embedded page: Twitter</a></p>`,
		`<blockquote class="instagram-media" data-instgrm-permalink="https://www.instagram.com/p/X/"></blockquote>`:                                         `<blockquote><a href="https://www.instagram.com/p/X/">Embedded page: Instagram</a></blockquote>`,
		`<blockquote class="twitter-tweet"><p>Hi</p><a href="https://twitter.com/a/status/1">d</a></blockquote>`:                                            `<blockquote><p>Hi</p><a href="https://twitter.com/a/status/1">d</a></blockquote>`,
		"<figure class=\"wp-block-embed\"><div>\nhttps://a.example/watch?v=1&amp;w=2\n</div></figure>":                                                      "<figure><p>\n<a href=\"https://a.example/watch?v=1&amp;w=2\">https://a.example/watch?v=1&amp;w=2</a>\n</p></figure>",
		`<b>See</b> https://a.example/1 <b>now</b>`:              `<b>See</b> <a href="https://a.example/1">https://a.example/1</a> <b>now</b>`,
		`<script src="https://gist.github.com/a/1.js"></script>`: `<p><a href="https://gist.github.com/a/1">Embedded page: Gist</a></p>`,
	})
}

func TestEmbeddedCounters(t *testing.T) {
	for _, in := range []string{
		`<iframe src="https://www.googletagmanager.com/ns.html?id=G"></iframe>`,
		`<iframe src="https://www.facebook.com/plugins/like.php?href=x" width="100" height="30"></iframe>`,
		`<iframe src="https://count.example/" width="1" height="1"></iframe>`,
		`<iframe src="https://count.example/" height="0"></iframe>`,
		`<iframe src="https://count.example/" style="display:none"></iframe>`,
		`<iframe src="https://count.example/" style="width:1px;height:1px"></iframe>`,
		`<noscript><iframe src="https://www.googletagmanager.com/ns.html" height="0" width="0"></iframe></noscript>`,
		`<noscript><img src="https://www.facebook.com/tr?id=1"></noscript>`,
		`<amp-pixel src="https://count.example/"></amp-pixel>`,
	} {
		if got := Sanitize(in + "a"); got != "a" {
			t.Errorf("%s leaves %s", in, got)
		}
	}
}
