package clean

import (
	"strings"
	"testing"
)

const linkEnd = ` rel="nofollow noreferrer noopener" target="_blank">`

// checkSanitized cleans each input, and cleans what comes out again, which changes nothing. The ends of links' start tags
// are left out of what is wanted.
func checkSanitized(t *testing.T, tests map[string]string) {
	t.Helper()
	for in, want := range tests {
		got := Sanitize(in)
		if short := strings.ReplaceAll(got, linkEnd, ">"); short != want {
			t.Errorf("%s\n got %s\nwant %s", in, short, want)
		}
		if again := Sanitize(got); again != got && hasTags(got) {
			t.Errorf("%s\n becomes %s\n when cleaned again", got, again)
		}
	}
}

func TestPictures(t *testing.T) {
	checkSanitized(t, map[string]string{
		`<img src="https://a.example/x.png">a`:                                                             `<img src="https://a.example/x.png">a`,
		`<img src="https://a.example/x?a=1&amp;b=2" alt='"A" &lt;b&gt;' width=640 height="480px">`:         `<img src="https://a.example/x?a=1&amp;b=2" alt="&#34;A&#34; &lt;b&gt;" width="640" height="480">`,
		`<img src="https://a.example/x.png" onerror="x()" style="y" class="z" width="50%">`:                `<img src="https://a.example/x.png">`,
		`<img srcset="https://a.example/1.png 1x, https://a.example/2.png 2x">`:                            `<img src="https://a.example/1.png">`,
		`<picture><source srcset="https://a.example/x.webp"><img src="https://a.example/x.png"></picture>`: `<img src="https://a.example/x.png">`,
		`<img src="https://count.example/p.gif" width="1" height="1">a`:                                    `a`,
		`<img src="https://count.example/p.gif" style="width: 1px; height:1px">a`:                          `a`,
		`<img src="https://count.example/p.gif" style="display: none">a`:                                   `a`,
		`<img src="/relative.png">a`:                                                                       `a`,
		`<img src="javascript:x">a`:                                                                        `a`,
		`<img src="file:///etc/passwd">a`:                                                                  `a`,
		`<img>a`:                                                                                           `a`,
		`<svg><image href="https://a.example/x.png"/></svg>a`:                                              `a`,
	})
}

func TestLatePictures(t *testing.T) {
	checkSanitized(t, map[string]string{
		`<img src="data:image/gif;base64,R0" data-src="https://a.example/x.png">`:                                                              `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-lazy="https://a.example/x.png">`:                                                             `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-lazyload="https://a.example/x.png">`:                                                         `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-ll-src="https://a.example/x">`:                                                               `<img src="https://a.example/x">`,
		`<img src="data:image/gif;base64,R0" data-original="https://a.example/x.png">`:                                                         `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-orig-file="https://a.example/x.png">`:                                                        `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-full-url="https://a.example/x.png">`:                                                         `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-url="https://a.example/x.png">`:                                                              `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-never-heard-of="https://a.example/x.png">`:                                                   `<img src="https://a.example/x.png">`,
		`<img src="data:image/gif;base64,R0" data-large-file="https://a.example/x-1024x768.jpg" data-small="https://a.example/x-150x150.jpg">`: `<img src="https://a.example/x-1024x768.jpg">`,
		`<img src="data:image/gif;base64,R0" data-permalink="https://a.example/x.png">a`:                                                       `a`,
		`<img src="data:image/gif;base64,R0" data-lazy-srcset="https://a.example/1.png 300w, https://a.example/2.png 900w">`:                   `<img src="https://a.example/2.png">`,
		`<img src="#" data-echo="https://a.example/x.png">`:                                                                                    `<img src="https://a.example/x.png">`,
		`<img src="about:blank" file="https://a.example/x.png">`:                                                                               `<img src="https://a.example/x.png">`,
		`<img src="" data-src="//a.example/x.png">`:                                                                                            `<img src="https://a.example/x.png">`,
		`<img data-attrs='{"src":"https://a.example/x.png","height":3}'>`:                                                                      `<img src="https://a.example/x.png">`,
		`<img src="https://a.example/blank.gif" data-src="https://a.example/x.png">`:                                                           `<img src="https://a.example/x.png">`,
		`<img src="https://a.example/1x1.trans.gif" data-hi-res-src="https://a.example/x.png">`:                                                `<img src="https://a.example/x.png">`,
		`<img src="https://a.example/img/placeholder-16x9.png" data-image="https://a.example/x.png">`:                                          `<img src="https://a.example/x.png">`,
		`<img src="https://a.example/loading.gif" data-file="https://a.example/x.png">`:                                                        `<img src="https://a.example/x.png">`,
		`<img src="https://a.example/grey.gif" srcset="https://a.example/x.png 800w">`:                                                         `<img src="https://a.example/x.png">`,
		`<img src="https://a.example/x.jpg?w=20" data-src="https://a.example/x.jpg?w=800">`:                                                    `<img src="https://a.example/x.jpg?w=800">`,
		`<img src="https://a.example/x-20x13.jpg" data-full="https://a.example/x.jpg">`:                                                        `<img src="https://a.example/x.jpg">`,
		`<img src="https://a.example/spacer.gif">a`:                                                                                            `a`,
		`<img data-src="https://a.example/{width}/x.jpg">`:                                                                                     `<img src="https://a.example/800/x.jpg">`,
		// What is no stand-in stays.
		`<img src="https://a.example/grey-heron.jpg" data-other="https://a.example/x.jpg">`:                               `<img src="https://a.example/grey-heron.jpg">`,
		`<img src="https://a.example/loading-dock.png" data-other="https://a.example/x.jpg">`:                             `<img src="https://a.example/loading-dock.png">`,
		`<img src="https://a.example/white.jpg">`:                                                                         `<img src="https://a.example/white.jpg">`,
		`<img src="https://a.example/x.jpg" data-thumb="https://a.example/x-150x150.jpg">`:                                `<img src="https://a.example/x.jpg">`,
		`<img src="https://a.example/x-800x600.jpg" data-src="https://a.example/x-150x150.jpg">`:                          `<img src="https://a.example/x-800x600.jpg">`,
		`<img src="https://a.example/x.jpg" data-category="news" data-id="7" data-pin-media="https://a.example/pin.jpg">`: `<img src="https://a.example/x.jpg">`,
	})
}

func TestPictureSizes(t *testing.T) {
	checkSanitized(t, map[string]string{
		`<img srcset="https://a.example/75.jpg 75w, https://a.example/360.jpg 360w, https://a.example/1280.jpg 1280w">`:                                     `<img src="https://a.example/1280.jpg">`,
		`<img srcset="https://a.example/320.jpg 320w, https://a.example/800.jpg 800w, https://a.example/4000.jpg 4000w">`:                                   `<img src="https://a.example/800.jpg">`,
		`<img srcset="https://a.example/640.jpg 640w, https://a.example/320.jpg 320w">`:                                                                     `<img src="https://a.example/640.jpg">`,
		`<img width="400" srcset="https://a.example/1.jpg, https://a.example/2.jpg 2x">`:                                                                    `<img src="https://a.example/2.jpg" width="400">`,
		`<img srcset="https://a.example/w_424,c_limit/a.png 424w,https://a.example/w_848,c_limit/a.png 848w">`:                                              `<img src="https://a.example/w_848,c_limit/a.png">`,
		`<img srcset="https://a.example/my photo.jpg 300w, https://a.example/my photo 2.jpg 800w">`:                                                         `<img src="https://a.example/my%20photo%202.jpg">`,
		`<img srcset="data:image/gif;base64,R0lGODlh 1w, https://a.example/b.jpg 900w">`:                                                                    `<img src="https://a.example/b.jpg">`,
		`<img srcset="https://a.example/1.jpg 0.5x, https://a.example/2.jpg 1x, https://a.example/3.jpg 2x">`:                                               `<img src="https://a.example/2.jpg">`,
		`<img srcset="https://a.example/3.jpg 3x, https://a.example/2.jpg">`:                                                                                `<img src="https://a.example/2.jpg">`,
		`<img srcset=" ,, https://a.example/b.jpg ,">`:                                                                                                      `<img src="https://a.example/b.jpg">`,
		`<img src="https://a.example/x-300x200.jpg" srcset="https://a.example/x-300x200.jpg 300w, https://a.example/x-1024x683.jpg 1024w">`:                 `<img src="https://a.example/x-1024x683.jpg">`,
		`<img src="https://a.example/x.jpg" srcset="https://a.example/x-300x200.jpg 300w">`:                                                                 `<img src="https://a.example/x.jpg">`,
		`<img data-src="https://a.example/x-300x200.jpg" data-srcset="https://a.example/x-300x200.jpg 300w, https://a.example/x-768x512.jpg 768w">`:         `<img src="https://a.example/x-768x512.jpg">`,
		`<picture><source type="image/webp" srcset="https://a.example/424.webp 424w, https://a.example/848.webp 848w"><img src="data:," alt="x"></picture>`: `<img src="https://a.example/848.webp" alt="x">`,
		`<picture><source srcset="https://a.example/b.jpg 800w"><img alt="x"></picture>`:                                                                    `<img src="https://a.example/b.jpg" alt="x">`,
		`<picture><source type="image/jxl" srcset="https://a.example/b.jxl"><source type="image/avif" srcset="https://a.example/b.avif"></picture>a`:        `<img src="https://a.example/b.avif">a`,
		`<picture><source data-srcset="https://a.example/b.jpg 800w"><img class="lazy"><p>a</p>`:                                                            `<img src="https://a.example/b.jpg"><p>a</p>`,
		`<picture>a<img src="https://a.example/b.jpg"></picture>`:                                                                                           `a<img src="https://a.example/b.jpg">`,
	})
}

func TestPicturesInNoscript(t *testing.T) {
	checkSanitized(t, map[string]string{
		`<img src="data:,"><noscript><img src="https://a.example/x.jpg"></noscript>`:                                                                                                                                                         `<img src="https://a.example/x.jpg">`,
		`<noscript><img src="https://a.example/x.jpg"></noscript>`:                                                                                                                                                                           `<img src="https://a.example/x.jpg">`,
		`<noscript>&lt;img src="https://a.example/x.jpg"&gt;</noscript>`:                                                                                                                                                                     `<img src="https://a.example/x.jpg">`,
		`<img data-src="https://a.example/x.jpg"><noscript><img src="https://a.example/x.jpg"></noscript>`:                                                                                                                                   `<img src="https://a.example/x.jpg">`,
		`<img src="https://a.example/x-blur.jpg"><noscript><img src="https://a.example/x.jpg"></noscript>`:                                                                                                                                   `<img src="https://a.example/x.jpg">`,
		`<img data-src="https://a.example/x-300x200.jpg"> <noscript><img src="https://a.example/x.jpg"></noscript>`:                                                                                                                          `<img src="https://a.example/x-300x200.jpg">`,
		`<noscript><img src="https://a.example/x.jpg"></noscript><img data-src="https://a.example/y.jpg">`:                                                                                                                                   `<img src="https://a.example/x.jpg">`,
		`<img src="https://a.example/x.jpg"><img src="data:,"><noscript><img src="https://a.example/y.jpg"></noscript>`:                                                                                                                      `<img src="https://a.example/x.jpg"><img src="https://a.example/y.jpg">`,
		`<img src="https://a.example/x.jpg"><p>a</p><noscript><img src="https://a.example/y.jpg"></noscript>`:                                                                                                                                `<img src="https://a.example/x.jpg"><p>a</p><img src="https://a.example/y.jpg">`,
		`<img src="https://a.example/x.jpg"><noscript><img height="1" width="1" src="https://count.example/y.gif"></noscript>`:                                                                                                               `<img src="https://a.example/x.jpg">`,
		`<picture><img src="data:,"><noscript><img src="https://a.example/x.jpg" alt="n"></noscript></picture>a`:                                                                                                                             `<img src="https://a.example/x.jpg" alt="n">a`,
		`<noscript><picture><source srcset="https://a.example/x.webp 900w"><img src="https://a.example/x.jpg"></picture></noscript><picture><img data-src="https://a.example/x.jpg"></picture>`:                                              `<img src="https://a.example/x.jpg">`,
		`<figure><noscript><img src="https://a.example/x.jpg"></noscript><img data-src="https://a.example/x.jpg"></figure><figure><noscript><img src="https://a.example/y.jpg"></noscript><img data-src="https://a.example/y.jpg"></figure>`: `<figure><img src="https://a.example/x.jpg"></figure><figure><img src="https://a.example/y.jpg"></figure>`,
		`<img data-src="https://a.example/x.jpg"><noscript><img src="https://a.example/x.jpg"></noscript><noscript><img src="https://a.example/y.jpg"></noscript>`:                                                                           `<img src="https://a.example/x.jpg"><img src="https://a.example/y.jpg">`,
		`<img src="https://a.example/x-blur.jpg"><noscript><img src="https://a.example/x.jpg"><img src="https://a.example/y.jpg"></noscript>`:                                                                                                `<img src="https://a.example/x.jpg"><img src="https://a.example/y.jpg">`,
		`<figure><noscript><img src="https://a.example/x.jpg"></noscript></figure><figure><img data-src="https://a.example/y.jpg"></figure>`:                                                                                                 `<figure><img src="https://a.example/x.jpg"></figure><figure><img src="https://a.example/y.jpg"></figure>`,
		`<img src="https://a.example/bridge.jpg"><noscript><img src="https://a.example/harbour.jpg"></noscript>`:                                                                                                                             `<img src="https://a.example/bridge.jpg"><img src="https://a.example/harbour.jpg">`,
		`<noscript>Please enable JavaScript</noscript><noscript><p>a</p></noscript>b`:                                                                                                                                                        `b`,
		`<noscript><p>a</p>`: `<p>a</p>`,
	})
}

func TestElementsLikePictures(t *testing.T) {
	checkSanitized(t, map[string]string{
		`<amp-img src="https://a.example/x.jpg" width=600 layout=responsive><noscript><img src="https://a.example/x.jpg"></noscript></amp-img><p>a`: `<img src="https://a.example/x.jpg" width="600"><p>a</p>`,
		`<amp-img src="https://a.example/x.jpg" width=1 height=1 layout=responsive></amp-img>`:                                                      `<img src="https://a.example/x.jpg">`,
		`<amp-img src="https://a.example/x.jpg" width=16 height=9 layout=responsive></amp-img>`:                                                     `<img src="https://a.example/x.jpg">`,
		`<amp-img src="https://count.example/x.gif" width=1 height=1 layout=fixed></amp-img>a`:                                                      `a`,
		`<amp-anim src="https://a.example/x.gif"></amp-anim>`:                                                                                       `<img src="https://a.example/x.gif">`,
		`<v-img src="https://a.example/x.jpg"/>a`:                                                                                                   `<img src="https://a.example/x.jpg">a`,
		`<image src="https://a.example/x.jpg">`:                                                                                                     `<img src="https://a.example/x.jpg">`,
		`<figure data-src="https://a.example/x.jpg"></figure>`:                                                                                      `<figure><img src="https://a.example/x.jpg"></figure>`,
		`<figure data-src="https://a.example/x.jpg"><img src="https://a.example/y.jpg"></figure>`:                                                   `<figure><img src="https://a.example/y.jpg"></figure>`,
		`<div style="background-image: url('https://a.example/a (1).jpg')"></div>`:                                                                  `<img src="https://a.example/a%20(1).jpg">`,
		`<div data-bg="https://a.example/x.jpg"><div></div></div><p>a</p>`:                                                                          `<img src="https://a.example/x.jpg"><p>a</p>`,
		`<div style="background:url(https://a.example/x.jpg)"><img src="https://a.example/y.jpg"></div>`:                                            `<img src="https://a.example/y.jpg">`,
		`<div style="background:url(data:image/png;base64,AA)">a</div>`:                                                                             `<p>a</p>`,
		`<div data-permalink="https://a.example/x">a</div>`:                                                                                         `<p>a</p>`,
	})
}

func TestHoverText(t *testing.T) {
	checkSanitized(t, map[string]string{
		`<img src="https://a.example/comic.png" title="The hover text is the joke." alt="Comic" />`:                                `<img src="https://a.example/comic.png" alt="Comic" title="The hover text is the joke."><br><small>The hover text is the joke.</small>`,
		`<a href="https://a.example/"><img src="https://a.example/1.png" title="One &lt; two"></a>`:                                `<a href="https://a.example/"><img src="https://a.example/1.png" title="One &lt; two"><br><small>One &lt; two</small></a>`,
		`<img src="https://a.example/1.png" title="A view of it" alt="A view of it.">`:                                             `<img src="https://a.example/1.png" alt="A view of it." title="A view of it">`,
		`<img src="https://a.example/a-view-of-it.png" title="A view of it">`:                                                      `<img src="https://a.example/a-view-of-it.png" title="A view of it">`,
		`<img src="https://a.example/1.png" title="IMG_2031">`:                                                                     `<img src="https://a.example/1.png" title="IMG_2031">`,
		`<figure><img src="https://a.example/1.png" title="A view of it"><figcaption>A view of it. Photo: B</figcaption></figure>`: `<figure><img src="https://a.example/1.png" title="A view of it"><figcaption>A view of it. Photo: B</figcaption></figure>`,
	})
}
