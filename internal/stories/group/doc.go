// Package group decides which articles derive from one text (a story) and which stories are about one happening (an event).
//
// In go Items: articles with their prints, claims and cited URLs (Grouper.Add). Out come the stories that changed, the ids that moved,
// and the comparisons to keep (Result of Grouper.Settle). A restart gives stories and comparisons back (Restore, RestoreEdge). Stories
// do not depend on the order in which articles come, and every decision has reasons with weights.
//
// # Words
//
// A node is an article in the window. An edge is a comparison of two nodes that is kept. Duplicates are articles with the same words;
// one of them, the first by content, represents them all in comparisons. By content means: by what publishers gave (time, outlet,
// address, hash), which is the same in every order of arrival. A cluster is a set of nodes that is one story, or a set of stories that
// is one event. Must-links and cannot-links are what people's corrections say of pairs. Rarity is inverse document frequency over the
// window, in nats. The opening of an article is its title and its first 200 words.
//
// # Files
//
// Settle works in stages, each in a file or two. A file uses only those above it in this list:
//
//	overlap, recurring, termcounts   measures of overlap; titles of daily reports; document frequencies
//	node, identity                   an article in the window; when two items are one article
//	template, agency                 what a template made; what may be a translation
//	index, candidates                statistics and postings of the window; the articles to compare with
//	features, model                  what a pair has in common; its probabilities and reasons
//	constraints                      people's corrections, and the union-find that obeys them
//	printcache, grouper              the window: adding, removing, duplicates
//	translation, score               the rules beside the model
//	context, compare                 an article's context; from candidates to edges
//	cluster, stories                 agglomerative clustering; the stories and events of a component
//	settle                           all of it, and the ids
//	correct, snapshot                applying corrections; reading and shrinking the window
//
// # Measured beforehand
//
//   - Independent reports of one event share their quotations: unmasked overlap reached 43% between outlets that never copied each
//     other; with quotations masked the median is 0 and the 99th percentile 10%.
//   - Jaccard is the wrong measure: a rewrite or excerpt covers one side only. MinHash at .7 found 20% of true pairs, SimHash 3 to
//     9%, winnowed prints with two shared 98%.
//   - Agencies reuse background paragraphs in different stories. Single linkage chains these into one cluster.
//   - Real rewrites may share almost no five words in a row, and the lead is what gets rewritten. They share rare words, figures,
//     names, the order of facts, and a credit.
//   - Overlap alone does not decide. Of full articles that share 20 to 60% of their unquoted 5-word runs, half derive from one text;
//     of those that share 6 to 20%, one in nine: the rest share a background paragraph, a tweet, or page furniture. Of rumour posts
//     that share 2 to 20%, most are retellings of one credited report. The lead, the credit, and where in the text the sharing is
//     decide these.
//   - The commonest false bridge between two stories is page furniture: teasers of other stories within a page, "Click here to
//     return", disclosure notes.
//   - Feed times are wrong: in recorded reruns the original was the earlier item only 35% of the time.
//
// # Stages
//
// Candidates. An article is compared with at most 60 others that share winnowed prints, 50 that share the 24 rarest terms of its
// opening, and those with an exact key in common: text, address, title, or a cited address. A print, term or key that many articles
// have finds nothing, so the work for an article is bounded, whatever the window holds.
//
// Masking. Prose is compared without quotations: neither the shingles that an article quotes count, nor those that the other article
// quotes. Of two articles of one outlet the prose that the outlet puts into many articles does not count either (index.boilerplate).
//
// Features and model. A pair has 37 features, all symmetric and most 0 to 1. A logistic regression for each level (story, event) and
// regime gives the probabilities. There are six regimes: both texts short, one short, both long, each for one outlet and for two. Of
// two items of one outlet those that resemble each other most are follow-ups, of two outlets' most are copies. A feature's part in a
// decision is its weight times its value, and these are the reasons that a reader sees. cmd/train fits the weights to labelled pairs
// and writes model.json to the digit. The weights of the regimes are drawn towards shared ones, and these towards a few that are set
// by hand. Every feature but early may only speak for, or only against, as its meaning says. Shared quotations alone say nothing of
// stories, since reporters at one happening share them; they speak for an event. Items of fewer than minTitleTerms terms stay apart,
// unless one links to the other. Words of two languages are not compared for events. Two long texts of one outlet without common prose
// are never one story.
//
// Rules beside the model. score.go has those for retellings, films and reruns of earlier versions, translation.go those for one report
// in two languages, template.go those for notices that one template made, recurring.go those for reports that come every day.
//
// Stories. A component is everything that edges which can join a story connect with the new articles, so that stories do not depend on
// the order of arrival. It is clustered by bestLinkage. Corrections hold in it. Of a revision only its own pairs are compared anew;
// what it resembled before is decided about again, by the edges that are kept. An article that resembles two reports must not join
// them, so the linkage of two clusters is less where an outlet has articles in both of which no two are one story by themselves, and
// where the articles say that different outlets wrote them and neither retells the other (authorship). An article that its outlet
// lists twice counts once, and so does one text under bulkCopies headlines or more. A new duplicate of a settled article goes to its
// story without any decision.
//
// Events. Their items are stories. Two clusters are as near as .3 of the mean probability of their pairs and .7 of the mean cosine of
// their articles' contexts, which fades with the days between them. The probability is known of pairs that were compared; the cosine
// is exact over all pairs, as the scalar product of two sums. Only the events that the component touches are decided about: event
// edges connect nearly everything, and else a whole window would be clustered for each article. So events may depend a little on what
// was settled together.
//
// Ids. A story's id stays with the cluster that has most of its members. Ids of merged stories lead to the oldest.
//
// # Corrections
//
// A merge says that all articles of some stories are one; a split says that some articles are one story and in none with the rest, of
// which it says no more. Corrections name articles and not stories, so they hold whatever is settled later: a revision, a restart, a
// story that closed. From the latest to the earliest each counts as far as it does not contradict those before it. Clustering merges
// nothing that must stay apart, even by way of a third article, and unites what must be one after each part has found what resembles
// it: united strangers resemble little, and copies of either still join. Duplicates represent each other only where they must stay
// apart from the same articles. Events know no corrections: what is apart may be one event.
package group
