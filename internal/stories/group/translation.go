package group

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unique"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// An agency sends one report in several languages within hours. The versions share no words to speak of, but names, figures and
// the time. They are found by rare names among the articles that say that one agency wrote them, and weighed by a score of
// their own, since the trained one knows words of one language.
const (
	translatedWithin = 12 * 60 * 60 // seconds between an article and its translation, at most
	maxNamed         = 100          // articles that a name may lead to
	maxByNames       = 10           // best candidates by names
	minNamed         = 10           // nats of names in common below which articles are not compared
	minPictured      = 2.5          // nats of names and figures beside a picture in common
	mostShown        = 3            // articles of an outlet in one language; a picture that more have says nothing

	// unseen is added to the number of articles by which names and figures are weighed: in a small window nothing is known to be rare.
	unseen = 150
)

// The weights of a translation's log-odds, as a logistic regression over pairs that were read one by one gave them, rounded.
const (
	translatedPrior  = -5.0
	translatedNames  = .055 // a nat of names in common, of mostNames at most
	translatedFewer  = 1.85 // share of the names of the article with fewer of them that the other has, by rarity
	translatedAll    = 1.8  // the same of the article with more of them
	translatedFigure = .39  // a nat of figures in common, of mostFigures at most
	translatedOthers = -.75 // both have figures, and none in common that is rare
	translatedTitles = 3.5  // share of the runs of four characters of one headline that the other has
	translatedScript = 2.0  // the headlines have no letters to compare
	translatedSoon   = 3.7  // nearness in time by its logarithm, 0 in a day; nothing is gained by less than soonest

	// A picture in common was in no pair that the others were fitted to. Agencies put one file picture beside several reports of a day.
	translatedPicture = 1.2

	mostNames, mostFigures = 40, 10 // nats
	soonest                = 20     // minutes: reports that come out together are as likely two as one in two languages
	fewFigures             = 2      // from which figures that differ speak against a translation
	dateFigure             = 2.5    // nats of a figure that say nothing, as the day of the month says nothing
)

// otherScripts are the languages that are never written in Latin letters, so that their names have only consonants in common
// with others.
var otherScripts = map[string]bool{
	"am": true, "ar": true, "be": true, "bg": true, "bn": true, "el": true, "fa": true, "he": true, "hi": true, "hy": true, "ja": true,
	"ka": true, "km": true, "ko": true, "lo": true, "mk": true, "mn": true, "mr": true, "my": true, "ne": true, "ru": true,
	"ta": true, "te": true, "th": true, "uk": true, "ur": true, "zh": true,
}

// namesakes finds articles of agencies by the names in them, and by their pictures.
type namesakes struct {
	docs      int
	df        counts // articles that a name or a figure stands in
	byName    *compact.Postings
	shows     counts // articles of an outlet in a language that have a picture; see pictureKey
	byPicture *compact.Postings
}

// count counts the names and figures of an agency's article.
func (s *namesakes) count(n *node, by int32) {
	if !n.translatable() {
		return
	}
	s.docs += int(by)
	for _, list := range [...][]uint32{n.Print.Names, n.Print.Figures} {
		for _, h := range list {
			s.df.add(h, by)
		}
	}
	for _, h := range n.Print.Pictures {
		s.shows.add(pictureKey(n, h), by)
	}
}

// pictureKey is what the articles of an outlet in one language are counted by that have a picture.
func pictureKey(n *node, picture uint32) uint32 {
	return uint32(mixed(mixed(n.outlet, stringHash(n.Article.Lang())), uint64(picture))>>32) | 1
}

func (s *namesakes) add(n *node) {
	if n.translatable() {
		for _, h := range n.Print.Names {
			s.byName.Add(s.key(h, n.otherScript()), n.number)
		}
		for _, h := range n.Print.Pictures {
			s.byPicture.Add(h, n.number)
		}
	}
}

// own says that a picture is not one that an outlet puts beside many articles, as logos, maps and portraits are.
func (s *namesakes) own(n *node, picture uint32) bool {
	return s.shows.of(pictureKey(n, picture)) <= mostShown
}

// samePicture says that two articles have a picture in common that is their own.
func (s *namesakes) samePicture(a, b *node) bool {
	for h := range inBoth(a.Print.Pictures, b.Print.Pictures) {
		if s.own(a, h) && s.own(b, h) {
			return true
		}
	}
	return false
}

// key is what the articles with a name are found by: those in Latin letters, or those in other scripts. The lowest bits of names are free.
func (s *namesakes) key(name uint32, otherScript bool) uint32 { return name | uint32(is(otherScript)) }

func (n *node) otherScript() bool { return otherScripts[n.Article.Lang()] }

func (s *namesakes) idf(h uint32) float64 {
	return max(0, math.Log(float64(s.docs)+unseen)-logHalf(s.df.of(h)))
}

func (n *node) translatable() bool { return len(n.credits.prose) > 0 && !n.Article.Hub }

// mayTranslate says whether two articles may be one in two languages, as far as their names do not matter.
func mayTranslate(a, b *node) bool {
	return a.Article.lang != b.Article.lang && a.Article.Lang() != "" && b.Article.Lang() != "" && a.headline != b.headline &&
		a.translatable() && b.translatable() && max(a.at-b.at, b.at-a.at) <= translatedWithin && common(a.credits.prose, b.credits.prose)
}

// translations appends the numbers of the articles of which a node may be a translation, best first.
func (c *candidates) translations(n *node, found []uint32, t *tally) []uint32 {
	if !n.translatable() {
		return found
	}
	own := n.otherScript()
	var all []weighed
	for _, h := range n.Print.Pictures {
		if t.list = c.namesakes.byPicture.Find(h, t.list[:0]); len(t.list) > maxNamed || !c.namesakes.own(n, h) {
			continue
		}
		for _, m := range t.list {
			if other := c.nodes[m]; other != nil && mayTranslate(n, other) && c.namesakes.own(other, h) {
				all = append(all, weighed{minNamed, m})
			}
		}
	}
	for _, h := range n.Print.Names {
		w := float32(c.namesakes.idf(h))
		for _, theirs := range [...]bool{false, true} {
			if prints.NameBySound(h) && !own && !theirs {
				continue // two articles in Latin letters have the names as they are spelled
			}
			if t.list = c.namesakes.byName.Find(c.namesakes.key(h, theirs), t.list[:0]); len(t.list) > maxNamed {
				continue
			}
			for _, m := range t.list {
				if other := c.nodes[m]; other != nil && mayTranslate(n, other) {
					all = append(all, weighed{w, m})
				}
			}
		}
	}
	slices.SortFunc(all, func(x, y weighed) int { return cmp.Or(cmp.Compare(x.m, y.m), cmp.Compare(x.w, y.w)) })
	best := all[:0]
	for i := 0; i < len(all); {
		x := all[i]
		for i++; i < len(all) && all[i].m == x.m; i++ {
			x.w += all[i].w
		}
		if x.w >= minNamed {
			best = append(best, x)
		}
	}
	slices.SortFunc(best, func(x, y weighed) int {
		return cmp.Or(cmp.Compare(y.w, x.w), cmp.Compare(c.nodes[x.m].order, c.nodes[y.m].order))
	})
	for _, x := range best[:min(len(best), maxByNames)] {
		found = append(found, x.m)
	}
	return found
}

// translation is what two articles in two languages have in common.
type translation struct {
	names   int     // in common
	nats    float64 // their rarity
	fewer   float64 // share of the names of the article with fewer
	all     float64 // share of the names of the article with more
	figures float64 // rarity of those in common
	others  bool    // both have figures, and other ones
	titles  float64
	picture bool // both have it
	script  bool // of two scripts
	minutes float64
}

// translates compares two articles as translations; ok is false where they can't be any.
func (g *Grouper) translates(a, b *node, f *Features) (x translation, ok bool) {
	if !mayTranslate(a, b) {
		return x, false
	}
	s := &g.index.namesakes
	p, q := a.Print, b.Print
	x.script = a.otherScript() || b.otherScript()
	for h := range inBoth(p.Names, q.Names) {
		if x.script || !prints.NameBySound(h) {
			x.names++
			x.nats += s.idf(h)
		}
	}
	for h := range inBoth(p.Figures, q.Figures) {
		x.figures += max(0, s.idf(h)-dateFigure)
	}
	x.picture = s.samePicture(a, b)
	if x.nats < minNamed && (!x.picture || x.nats+x.figures < minPictured) {
		return x, false
	}
	ofA, ofB := over(x.nats, s.named(a)), over(x.nats, s.named(b))
	x.fewer, x.all = max(ofA, ofB), min(ofA, ofB)
	x.others = x.figures == 0 && min(len(p.Figures), len(q.Figures)) >= fewFigures
	if !x.script {
		x.titles = f[gramsIn]
	}
	x.minutes = math.Abs(float64(a.at-b.at)) / 60
	return x, true
}

// scoreTranslation weighs a pair that can be nothing but one report in two languages: no prose is shared, and neither links to the other.
func (g *Grouper) scoreTranslation(a, b *node) verdict {
	var f Features
	f.headline(a.Print, b.Print)
	x, ok := g.translates(a, b, &f)
	if !ok {
		return verdict{}
	}
	v := verdict{story: x.probability()}
	if v.story >= g.model.StoryAt {
		v.event, v.reasons = v.story, x.reasons()
	}
	return v
}

// named gives the rarity of all names of an article. Names in Latin letters have a hash of their consonants beside their own.
func (s *namesakes) named(n *node) float64 {
	sum := 0.0
	for _, h := range n.Print.Names {
		if !prints.NameBySound(h) || n.otherScript() {
			sum += s.idf(h)
		}
	}
	return sum
}

// parts gives the parts of the log-odds beside the prior, in the order in which a reader is told.
func (x *translation) parts() (names, figures, titles, soon, picture float64) {
	names = translatedNames*min(x.nats, mostNames) + translatedFewer*x.fewer + translatedAll*x.all
	figures = translatedFigure*min(x.figures, mostFigures) + translatedOthers*is(x.others)
	titles = translatedTitles*x.titles + translatedScript*is(x.script)
	soon = translatedSoon * max(0, 1-math.Log1p(max(x.minutes, soonest))/math.Log1p(secondsADay/60))
	return names, figures, titles, soon, translatedPicture * is(x.picture)
}

func (x *translation) probability() float64 {
	names, figures, titles, soon, picture := x.parts()
	return sigmoid(translatedPrior + names + figures + titles + soon + picture)
}

// reasons says in words why two articles are one in two languages. Which names agree is not known: prints have hashes.
func (x *translation) reasons() []news.Evidence {
	names, figures, titles, soon, picture := x.parts()
	var out []news.Evidence
	tell := func(detail string, weight float64) {
		if math.Abs(weight) >= leastReason {
			out = append(out, news.Evidence{Kind: "translation", Detail: detail, Weight: math.Round(weight*100) / 100})
		}
	}
	tell(fmt.Sprintf("a translation: %d names agree", x.names), names)
	tell("both have the same picture, by the id in its address", picture)
	tell(fmt.Sprintf("both name the same agency as the writer, and came out %s apart", between(x.minutes)), soon)
	if x.figures > 0 {
		tell("figures agree across the languages", figures)
	} else {
		tell("figures differ", figures)
	}
	if !x.script {
		tell("the headlines have words in common across the languages", titles)
	}
	return out
}

// languages are those of the articles of a story.
type languages []unique.Handle[string]

func (l languages) meet(m languages) bool {
	return slices.ContainsFunc(l, func(lang unique.Handle[string]) bool { return slices.Contains(m, lang) })
}

// translationLinkage joins stories in several languages: the weighted mean of the pairs of stories, as bestLinkage, of which there must
// be as many as either side has languages. How many copies a story has in its own language does not matter.
type translationLinkage struct{ bestLinkage }

func (translationLinkage) of(l link, m, n int) float64 {
	k := max(m, n)
	return bestLinkage{}.of(l, k, k)
}

// joinLanguages joins the stories that are one in several languages, once each has what resembles it in its own. Two stories
// that have a language in common stay apart: what a translation resembles does not make them one. The items are stories, and
// their sizes are numbers of languages.
func (g *Grouper) joinLanguages(nodes []*node, best map[[2]int]float64, storyOf []int, stories *division) []int {
	sure := map[[2]int]float64{} // the likeliest translation of two stories
	for pair, p := range best {
		if i, j := storyOf[pair[0]], storyOf[pair[1]]; i != j && mayTranslate(nodes[pair[0]], nodes[pair[1]]) {
			k := [2]int{min(i, j), max(i, j)}
			sure[k] = max(sure[k], p)
		}
	}
	if len(sure) == 0 {
		return storyOf
	}
	gr := newGraph(len(nodes), translationLinkage{})
	gr.division, gr.languages = stories, make([]languages, len(nodes))
	for i, n := range nodes {
		s := storyOf[i]
		if l := (languages{n.Article.lang}); !gr.languages[s].meet(l) {
			gr.languages[s] = append(gr.languages[s], l...)
		}
	}
	for i, l := range gr.languages {
		gr.size[i] = len(l) // 0 for what is not the first node of its story
	}
	for pair, p := range sure {
		gr.add(pair[0], pair[1], p)
	}
	return gr.cluster(g.model.StoryAt)
}

func between(minutes float64) string {
	if minutes < 90 {
		return fmt.Sprintf("%.0f minutes", minutes)
	}
	return fmt.Sprintf("%.0f hours", minutes/60)
}
