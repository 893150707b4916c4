package clean

import (
	"strings"
	"testing"

	"headwater/internal/news"
)

const ownProse = "The council voted on Tuesday to close the old bridge in June, a clerk said.\n\n" +
	"A ferry will run every ten minutes, and it is free for all who live on the islands."

// TestFurnitureOfAFirstItem is about furniture behind the paragraphs that no other item is needed to tell.
func TestFurnitureOfAFirstItem(t *testing.T) {
	for _, tail := range []string{
		`<p>The post <a href="https://paper.example/1">Bridge closes</a> appeared first on <a href="https://paper.example">The Paper</a>.</p>`,
		`<p>This post appeared first on The Paper.</p>`,
		`<p>L'article <a href="https://paper.example/1">Le pont ferme</a> est apparu en premier sur <a href="https://paper.example">Le Papier</a>.</p>`,
		`<p>Der Beitrag <a>Die Brücke</a> erschien zuerst auf <a href="https://paper.example">Blatt</a>.</p>`,
		`<p>La entrada <a>El puente</a> se publicó primero en <a href="https://paper.example">El Papel</a>.</p>`,
		`<p>L'articolo <a>Il ponte</a> proviene da <a href="https://paper.example">La Carta</a>.</p>`,
		`<p>O post <a>A ponte</a> apareceu primeiro em <a href="https://paper.example">O Papel</a>.</p>`,
		`<p>Het bericht <a>De brug</a> verscheen eerst op <a href="https://paper.example">Het Papier</a>.</p>`,
		`<h4>About Post Author</h4><h5>Jane Doe</h5>`,
		`<h3>About the Author</h3><p>Jane Doe is a reporter who covers bridges for The Paper.</p><p>She lives in Valetta.</p>`,
		`<p>Share this:</p><ul><li>Click to share on X (Opens in new window)</li><li>Click to email a link to a friend (Opens in new window)</li><li>Facebook</li><li>X</li></ul>`,
		`<p>Like this:</p><p>Like Loading...</p>`, `<h3>Like this:</h3><span>Like</span> <span>Loading…</span>`, `<p>Like this: Like Loading...</p>`,
		`<p><a href="https://paper.example/1">Continue reading <span>Bridge closes</span> →</a></p>`, `<p>Continue reading “Bridge closes”</p>`,
		`<h3>Related</h3><ul><li><a href="https://paper.example/2">Another bridge opens</a></li></ul>`,
		`<p>[&#8230;]</p>`, `<p>(more…)</p>`, `<p>Click here to read more.</p>`,
		`<p>Subscribe now</p>`, `<p>Subscribe to our newsletter to get the latest news in your inbox.</p>`,
		`<p>Sign up for our free newsletter and never miss a story!</p>`,
		`<p>Get the best of The Paper delivered to your inbox every morning.</p>`,
		`<p>Enter your email address to follow this blog and receive notifications of new posts by email.</p>`,
		`<p>Subscribe to The Paper for unlimited access.</p>`,
		`<p>Suscríbete a nuestro boletín y recibe las noticias en tu correo.</p>`,
		`<p>Inscrivez-vous à notre newsletter pour recevoir nos actualités.</p>`,
		`<p>Abonnieren Sie unseren Newsletter und bleiben Sie auf dem Laufenden.</p>`,
		`<p>We use cookies to ensure that we give you the best experience on our website. If you continue to use this site we will assume that you are happy with it.</p>`,
		`<p>This website uses cookies to improve your experience.</p>`,
		`<p>Please enable JavaScript to view the comments.</p>`, `<p>Your browser does not support the video tag.</p>`,
		`<p>Follow us on Facebook, X and Instagram.</p>`, `<p>Download our app for all the news.</p>`,
		`<p>Thank you for reading The Paper. Please consider a donation to support our work.</p>`,
		`<p>Comments are closed.</p>`,
		`<p>The Paper is a reader-supported publication. To receive new posts and support my work, consider becoming a free or paid subscriber.</p>`,
		`<p>Read the full article here.</p>`, `<p>Rate this:</p>`, `<p>If you liked this story, share it with a friend.</p>`,
		`<p>Have a tip? Contact our newsroom at tips@paper.example.</p>`,
		`<p>(This story has not been edited by The Paper's staff and comes from a syndicated feed.)</p>`,
	} {
		html := "<p>" + strings.ReplaceAll(ownProse, "\n\n", "</p><p>") + "</p>" + tail
		a := New(Options{}).Article(entry("An old bridge", html), paper, now)
		if a.Text != ownProse {
			t.Errorf("%s\n leaves %q", tail, strings.TrimPrefix(a.Text, ownProse))
		}
		for _, m := range a.Marks {
			if m.Kind == news.MarkSource && strings.Contains(tail, "paper.example\"") {
				t.Errorf("%s\n the outlet is its own source: %+v", tail, m)
			}
		}
	}
}

func TestExcerptTails(t *testing.T) {
	for _, tail := range []string{" […]", " [...]", "… [Read more...]", "... (more…)", " (…)", " [Continue reading]"} {
		text, _ := textOf("<p>" + ownProse + tail + "</p>")
		if !strings.HasPrefix(text, "The council") || strings.ContainsAny(text, "[(") {
			t.Errorf("%q: %q", tail, text[len(text)-30:])
		}
	}
	for _, tail := range []string{" It grew by 3 percent (more than in May).", " It fell (as it does each May).", " (Not really.)"} {
		if text, _ := textOf("<p>" + ownProse + "</p><p>Then came the rain over the hills." + tail + "</p>"); !strings.HasSuffix(text, tail) {
			t.Errorf("%q is cut: %q", tail, text)
		}
	}
}

// TestProseThatResemblesFurniture stays, before, between and behind paragraphs.
func TestProseThatResemblesFurniture(t *testing.T) {
	for _, p := range []string{
		"Subscribers to the newsletter were told on Monday that the paper would close.",
		"Get the vaccine before winter comes, the newsletter of the ministry says.",
		"We use the same dough for bread and for cookies, the baker said.",
		"Cookies were banned by the court, which said that consent must be asked for.",
		"Join the army or leave, the general told the young men of the village.",
		"Donate blood this week, the hospital said, as every donation counts.",
		"The article appeared first on a website that the ministry runs, and in print a day later, he said.",
		"L'articolo 5 proviene da una proposta che il governo aveva presentato nel mese di maggio alla camera.",
		"Download speeds fell by half, the regulator said.",
		"Follow the river for a mile and you reach the mill that burned on Facebook's live camera.",
		"Please consider the children, she told the judge, and the years that they have lost.",
		"Loading of the ships began at dawn.",
		"About the author of the letter nothing is known, the police said.",
		"The Post said first that the minister had gone.",
	} {
		for _, html := range []string{"<p>" + p + "</p>" + "<p>" + ownProse + "</p>", "<p>" + ownProse + "</p><p>" + p + "</p>"} {
			if text, _ := textOf(html); !strings.Contains(text, p) {
				t.Errorf("gone: %q", p)
			}
		}
	}
}

// A heading about the author within an article ends nothing.
func TestAboutTheAuthorWithinAnArticle(t *testing.T) {
	long := "<p>" + strings.Repeat("She wrote the book in a hut by the sea in a single winter. ", 14) + "</p>"
	text, _ := textOf("<p>" + ownProse + "</p><h3>About the author</h3>" + long)
	if !strings.Contains(text, "by the sea") {
		t.Errorf("gone: %q", text)
	}
}
