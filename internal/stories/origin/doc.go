// Package origin reads the credits of an article, and decides who wrote a story first.
//
// The input is single articles (Reader.Claims returns their claims), and then the members of a story with their claims and
// prints (Weigher.Decide returns the origin with its evidence, and the role of each member). Log learns the habits and
// clock errors of outlets from articles, for use by Decide.
//
// # Files
//
// Claims, from the top down: claims.go goes through an article and its bylines. credits.go reads sentences and titles, and
// finds the names in them with unlisted.go and the cues of cues.go. found.go holds the claims and determines which part of
// the text each covers. reader.go resolves outlets in the context of an article.
//
// Decisions: decide.go chooses the best contender and assigns the members' roles. credit.go, page.go, traits.go and log.go
// give evidence for and against a contender. contender.go has the shared types.
//
// # Claims
//
// A claim has a kind (news.ClaimKind), the words that make it, a part and a strength. The part is the share of the text that
// the claim covers: 1 for a dateline or a byline of one outlet, 1/n in a byline of n writers, .2 for help ("additional
// reporting by"). In a byline the outlet's own staff, or unnamed agencies, count as one more writer. The strength says how far
// the claim speaks for the whole article. It is the strength of the kind times a factor of position and part (found.go).
//
// The cues are in cues.txt. A cue is next to the name, or has a second part elsewhere in the sentence. Articles, nouns for
// outlets, adverbs and a writer's name may come between ("CNN's Jane Doe reported"). Names in a list share the cue of the first
// or the last one ("A and B reported"). Verbs of saying credit an outlet only under three conditions: neither the sentence nor
// the headline is about the outlet; the outlet is no aggregator; and no quotation precedes it, unless it is an agency. "CNN
// said it would close its office" is news about CNN. A headline is a credit too ("..., WSJ reports", "...: Bloomberg",
// "…＝ＷＳＪ"). A credit within a quotation is the speaker's and does not count.
//
// Names are resolved as follows. A short form ("the Journal") is the outlet whose name ends with it, if a link shows this or
// the text names only one such outlet; otherwise it is ignored. An abbreviation that the text explains as something else is
// ignored. Agencies with the same sign are distinguished by the article's country, then by its language. A name of several
// outlets is the one that the article links to, else the article's own outlet, else the only one at home in its country or
// language (articleOutlets.disambiguate). If it remains ambiguous, the claim has the name alone, and a story completes it if an
// outlet of that name is a member (resolve). Outlets that are not listed are found by the words (unlisted.go). A claim on such
// an outlet has a name and no domain.
//
// # Contenders
//
// The contenders for a story are its members, the outlets that members only name, the outlets whose pages members link to, and
// those that these pages credit. A further possibility is "none of these", with log-odds 0. A contender's score is a sum of
// log-odds, and each summand is a piece of evidence that readers see. The strongest reasons for the second best contender are
// shown with a minus in the evidence for the best. The evidence is:
//
//   - Credits of independent outlets. Each outlet counts once, and each further one half as much as the one before (credit.go).
//     If all members of an outlet name another outlet as the writer of their text, credits to the former are passed on to the
//     latter. So a chain ends at its head, even if no feed carries the head. Nothing is passed on in a cycle, nor from a member
//     that names more than two writers.
//   - The member's own credits to others, which count against it. If an agency is named as the writer, credits to other outlets
//     as the writer are weakened, since these pass on the agency's text (claims.distinct).
//   - Headlines (credit.go). An item with the headline of an agency's own item credits the agency as a byline does, whatever
//     the dates of the two items and however little text the agency's item has.
//   - Prose (traits.go): whether a contender contains more of the others' text than they contain of its own.
//   - Time (traits.go), with corrected clocks. It counts half if the date is from before the feed was first read, since such a
//     date cannot be verified.
//   - Traits (traits.go): being an agency, being at the outlet's own address, and length; being a film or letter whose outlet
//     has an article too; being a later version in another language. Advertisements, and press releases that an agency passes
//     on, are never the origin.
//   - Habits and listing sites (log.go): whether others carry the outlet's texts or it carries theirs.
//   - Pages that members credit (page.go).
//
// A credit to an outlet that had the news first but did not write the text is the story's scoop (weighing.scoopOf). It is the
// outlet that members call first, or the one whose report the origin's article retells in its opening.
//
// # Chains of texts
//
// A story may hold several texts, for example if an agency retells another outlet's report. The head of the chain is the
// story's origin. A member carries an agency's own article (news.Member.Carries) if that contains more of the member's prose
// than the origin does: a tenth more, and at least .6. A translation goes back to the earliest version of its outlet. An
// agency's own translation carries itself, so its reruns go back to it.
//
// # Levels
//
// "Original" is a credited origin, or an agency's own article, with a confidence of at least .75, if all other contenders
// together are at most a fifth as likely. "Likely original" begins at .5. Everything else is "Earliest seen".
package origin
