package clean

import "strings"

// appeal is a kind of notice that publishing systems put among the paragraphs: its first words address the reader, and
// it names what is offered or warned of. With nothing to hold, the first words say enough.
type appeal struct {
	starts *starts
	holds  []string
}

// Generic wording only. What single sites say is learnt, see furniture.
var appeals = []appeal{
	{ // newsletters and subscriptions
		starts: startsOf(
			"subscribe to ", "subscribe now", "subscribe for ", "subscribe today", "sign up ", "sign-up ", "suscríbete ", "suscríbase ",
			"inscrivez-vous ", "abonnez-vous ", "abonnieren sie ", "abonniere ", "iscriviti ", "abbonati ", "assine ", "inscreva-se ",
			"schrijf je in", "abonneer je ", "prenumerera på ", "melden sie sich ", "melde dich ", "meld je aan",
		),
		holds: []string{
			"newsletter", "your inbox", "mailing list", "email alerts", "our podcast", "our channel", "unlimited access", "new posts by email",
			"boletín", "tu correo", "su correo", "infolettre", "posteingang", "casella di posta", "caixa de entrada", "nieuwsbrief",
			"nyhetsbrev",
		},
	},
	{ // the same, begun with words that prose may begin with too
		starts: startsOf(
			"register ", "get ", "receive ", "join ", "enter your ", "want ", "stay up to date", "stay informed", "stay ahead", "don't miss",
			"never miss", "enjoying ", "did you like ", "recibe ", "recevez ", "jetzt ", "ricevi ", "receba ",
		),
		holds: []string{
			"our newsletter", "our free newsletter", "our daily newsletter", "our weekly newsletter", "your inbox", "your email address",
			"your e-mail address", "our mailing list", "tu correo", "nuestro boletín", "notre newsletter", "unseren newsletter",
			"nostra newsletter", "nossa newsletter",
		},
	},
	{ // the outlet elsewhere
		starts: startsOf(
			"follow us ", "like us ", "find us ", "connect with us ", "join us on ", "síguenos ", "suivez-nous ", "folgen sie uns ",
			"seguici ", "siga-nos ", "volg ons ", "följ oss ",
		),
		holds: []string{
			"facebook", "twitter", " x ", " x.", "instagram", "whatsapp", "telegram", "youtube", "linkedin", "tiktok", "threads", "bluesky",
			"mastodon", "google news",
		},
	},
	{ // cookies
		starts: startsOf(
			"we use cookies", "we and our partners use ", "this website uses ", "this site uses ", "our website uses ", "by continuing to ", "by using this ", "utilizamos cookies",
			"usamos cookies", "este sitio ", "nous utilisons ", "ce site utilise ", "wir verwenden cookies", "diese website ", "diese webseite ",
			"questo sito ", "este site ", "wij gebruiken cookies", "we gebruiken cookies", "deze website ",
		),
		holds: []string{" cookies"},
	},
	{ // money
		starts: startsOf("please consider ", "thank you for reading", "thanks for reading", "support our "),
		holds:  []string{"donation", "donate", "subscrib", "our journalism", "our reporting", "our work", "our newsroom", "newsletter"},
	},
	{starts: startsOf(
		"please enable javascript", "you need to enable javascript", "javascript is disabled", "javascript is required",
		"to view this video please enable", "your browser does not support ", "your browser doesn't support ", "download our app",
		"comments are closed", "our standards: ", "if you liked this story, share", "if you enjoyed this article, share", "have a tip? ", "got a tip? ",
		"this story has not been edited by ", "(this story has not been edited by ",
	)},
}

// isAppeal finds a notice that is a block of its own, and no longer than such notices are.
func isAppeal(t string) bool {
	if len(t) > 500 {
		return false
	}
	if strings.Contains(t, "-supported") && strings.Contains(t, " is a reader-supported publication") { // Substack's, behind a name; hyphens are rare
		return true
	}
	low := ""
	for _, a := range appeals {
		if !a.starts.of(t) {
			continue
		}
		if len(a.holds) == 0 {
			return true
		}
		if low == "" {
			low = strings.ToLower(t)
		}
		for _, h := range a.holds {
			if strings.Contains(low, h) {
				return true
			}
		}
	}
	return false
}

var postStarts = startsOf(
	"the post ", "the article ", "the story ", "this post ", "l'article ", "l’article ", "der beitrag ", "la entrada ", "l'articolo ",
	"l’articolo ", "o post ", "het bericht ", "inlägget ",
)

// firstOn parts "The post A appeared first on B", which WordPress ends the items of a feed with, in the languages that it
// is found in. who is B, and "" where a text says nothing of the kind.
func firstOn(t string) (who string) {
	if len(t) > 400 || !postStarts.of(t) {
		return ""
	}
	for _, by := range [...]string{
		" appeared first on ", " first appeared on ", " est apparu en premier sur ", " erschien zuerst auf ", " se publicó primero en ",
		" apareció primero en ", " proviene da ", " apareceu primeiro em ", " verscheen eerst op ", " dök först upp på ",
	} {
		if _, who, ok := cutLast(t, by); ok && countWords(who) <= 8 {
			return who
		}
	}
	return ""
}

// bioWords is how long the lines about an author are at most that stand behind the last paragraph.
const bioWords = 120

// endAtAuthor drops the box about the author behind the last paragraph: its heading, and the few lines beneath.
func (p *page) endAtAuthor() {
	for i, b := range p.blocks {
		if i == 0 || b.role != dropped || !opensAuthor(p.text(b)) {
			continue
		}
		n, rest := 0, p.blocks[i+1:]
		for _, r := range rest {
			if r.role == prose {
				n += countWords(p.text(r))
			}
		}
		if n > bioWords || n*2 > countWords(p.src[:b.start]) {
			continue
		}
		for k := range rest {
			if rest[k].role == prose || rest[k].role == bylineLine {
				rest[k].role = dropped
			}
		}
		return
	}
}

// opensAuthor finds the heading of the box about the author.
func opensAuthor(t string) bool {
	if len(t) > 60 {
		return false
	}
	switch strings.ToLower(strings.TrimRight(t, " :.")) {
	case "about post author", "about the author", "about the authors", "about author", "about the writer", "sobre el autor",
		"sobre la autora", "acerca del autor", "à propos de l'auteur", "à propos de l’auteur", "über den autor", "über die autorin",
		"sull'autore", "sobre o autor", "over de auteur", "om författaren":
		return true
	}
	return false
}
