// Package group decides which articles derive from one text (a story) and which stories are about one happening (an event).
//
// The input is Items: articles with their prints, claims and cited URLs (Grouper.Add). The output is the changed stories, the
// ids that moved, and the comparisons to store (Result of Grouper.Settle). After a restart, Restore and RestoreEdge load stories
// and comparisons again. Stories do not depend on the order in which articles arrive, and every decision has reasons with
// weights.
//
// # Words
//
// A node is an article in the window. An edge is a stored comparison of two nodes. Duplicates are articles with the same words.
// One of them, the first by content, represents them all in comparisons. "By content" means by the publisher's data (time,
// outlet, address, hash), which do not depend on the order of arrival. A cluster is a set of nodes that is one story, or a set
// of stories that is one event. Must-links and cannot-links are people's corrections as rules for pairs. Rarity is inverse
// document frequency over the window, in nats. The opening of an article is its title and its first 200 words.
//
// # Files
//
// Settle works in stages, each in a file or two. A file uses only those above it in this list:
//
//	node                   an article in the window; when two items are one article; measures of overlap
//	recurring, template    titles of daily reports; articles made from a template
//	index, candidates      statistics and postings of the window, and names for translations; the articles to compare with
//	model                  the features of a pair, and the probabilities and reasons that follow from them
//	constraints            people's corrections, and the union-find that obeys them
//	grouper                the window: adding, removing, duplicates; decoded prints
//	score                  the decision about a pair, by the model and the rules beyond it; translations
//	context, compare       an article's context; from candidates to edges
//	cluster                agglomerative clustering
//	settle                 all stages in order: components, their stories and events, and the ids
//	snapshot               applying corrections; reading and shrinking the window
//
// Begin with score.go for "why is this pair one story". `headwater story ID --why` shows the reasons of a stored story.
//
// # Measured beforehand
//
//   - Independent reports of one event share their quotations. Unmasked overlap reached 43% between outlets that never copied
//     each other. With quotations masked the median is 0 and the 99th percentile 10%.
//   - Jaccard is the wrong measure, since a rewrite or excerpt covers one side only. MinHash at .7 found 20% of true pairs,
//     SimHash 3 to 9%, and winnowed prints with two in common 98%.
//   - Agencies reuse background paragraphs in different stories. Single linkage chains these into one cluster.
//   - Real rewrites may share almost no five words in a row, and the lead is what gets rewritten. They share rare words,
//     figures, names, the order of facts, and a credit.
//   - Overlap alone does not decide. Of full articles that share 20 to 60% of their unquoted 5-word runs, half derive from one
//     text. Of those that share 6 to 20%, one in nine does; the rest share a background paragraph, a tweet, or page furniture.
//     Of rumour posts that share 2 to 20%, most are retellings of one credited report. The lead, the credit, and the position
//     of the shared text decide these cases.
//   - The most common false connection between two stories is page furniture: teasers of other stories within a page, "Click
//     here to return", disclosure notes.
//   - Feed times are wrong: in recorded reruns the original was the earlier item only 35% of the time.
//
// # Stages
//
// Candidates. An article is compared with at most 60 others that share winnowed prints, 50 that share the 24 rarest terms of
// its opening, and those with an exact key in common: text, address, title, or a cited address. A print, term or key of many
// articles is not used to find candidates. So the work for an article is bounded, whatever the size of the window.
//
// Masking. Prose is compared without quotations. A shingle does not count if either article quotes it. Between two articles of
// one outlet, prose that the outlet puts into many articles does not count either (index.boilerplate).
//
// Features and model. A pair has 37 features, all symmetric and most of them 0 to 1. A logistic regression for each level
// (story, event) and regime gives the probabilities. There are six regimes: both texts short, one short, both long, each for
// one outlet and for two. Most similar pairs of one outlet are follow-ups, and most similar pairs of two outlets are copies. A
// feature's part in a decision is its weight times its value, and these parts are the reasons that readers see. cmd/train fits
// the weights to labelled pairs and writes model.json reproducibly to the digit. The weights of the regimes are shrunk towards
// shared ones, and these towards a few that are set by hand. The sign of every weight except that of early is fixed by the
// feature's meaning. Shared quotations alone are no evidence for a story, since reporters at one happening share them. They are
// evidence for an event. Items of fewer than minTitleTerms terms stay apart, unless one links to the other. Words of two
// languages are not compared for events. Two long texts of one outlet without common prose are never one story.
//
// Rules in addition to the model. score.go handles retellings, films, reruns of earlier versions, and reports
// in two languages, template.go notices from one template, and recurring.go reports that appear every day.
//
// Stories. A component is all nodes that are connected with the new articles by edges that can join a story. Deciding whole
// components makes stories independent of the order of arrival. A component is clustered by bestLinkage, subject to
// corrections. After a revision only the pairs of the revised article are compared again. The articles that were similar to its
// former version are decided about again with their stored edges. An article that is similar to two reports must not join them.
// So the linkage of two clusters is reduced in two cases: if an outlet has articles in both of which no two are one story by
// themselves, and if the articles say that different outlets wrote them and neither retells the other (authorship). An article
// that its outlet lists twice counts once, and so does one text under bulkCopies or more headlines. A new duplicate of a
// settled article joins that article's story without a decision.
//
// Events. The items to cluster are stories. The nearness of two clusters is .3 of the mean probability of their pairs plus .7
// of the mean cosine of their articles' contexts, which decays with the days between them. The probability is known only for
// compared pairs. The cosine is exact over all pairs, as the scalar product of two sums. Only the events that the component
// touches are decided about. Event edges connect nearly everything, so otherwise a whole window would be clustered for each
// article. Therefore events may depend a little on which articles were settled together.
//
// Ids. A story's id stays with the cluster that has most of its members. Ids of merged stories redirect to the oldest.
//
// # Corrections
//
// A merge says that all articles of some stories are one story. A split says that some articles are one story that contains
// none of the rest, and says nothing about the rest among themselves. Corrections name articles and not stories, so they hold
// whatever is settled later: a revision, a restart, a story that closed. The latest correction has precedence, and each counts
// as far as it does not contradict later ones. Clustering never merges articles that must stay apart, not even through a third
// article. Articles that must be one are united only after each part has merged with similar articles. The union of two
// unrelated texts is similar to few articles, and in this order copies of either still join. Duplicates represent each other
// only if they must stay apart from the same articles. Corrections do not apply to events: separated stories may be one event.
package group
