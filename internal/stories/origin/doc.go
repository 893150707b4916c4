// Package origin reads the credits that an article makes, and decides who wrote a story first.
//
// In go articles, one by one (Reader.Claims gives their claims), and then the members of a story with their claims and prints
// (Weigher.Decide gives the origin with its evidence, and the role of each member). Log learns from articles what Decide wants to know
// of outlets: their habits and clocks.
//
// # Files
//
// Claims, from the top down: claims.go goes through an article; byline.go reads lines on writers, credits.go sentences and titles,
// with the names that names.go and unlisted.go find and the cues of cues.go; scope.go finds which part of the text a claim covers;
// found.go has the claims, reader.go the outlets as an article means them.
//
// Decisions: decide.go takes the best contender; clock.go, credit.go, headline.go, page.go, prose.go, traits.go and log.go give
// evidence for and against one; roles.go gives the members' roles; contender.go has the types that all use.
//
// # Claims
//
// A claim has a kind (news.ClaimKind), the words that make it, a part and a strength. The part is the share of the text that it speaks
// for: 1 for a dateline or a byline of one outlet, 1/n in a byline of n writers, .2 for help ("additional reporting by"). In a byline
// the outlet's own people, or agencies without a name, count as one more writer. The strength says how far the claim speaks for the
// whole article: that of its kind, times a factor of position and part (scope.go).
//
// The cues are in cues.txt. A cue is next to the name, but for articles, outlets' nouns, adverbs and a writer's name ("CNN's Jane Doe
// reported"), or has a part elsewhere in the sentence. Names in a list share the cue of the first or the last one ("A and B
// reported"). Verbs of saying credit only an outlet that is not what the sentence or the headline is about, that is no aggregator, and
// that no quotation precedes, unless it is an agency: "CNN said it would close its office" is news of CNN. A headline credits too
// ("..., WSJ reports", "...: Bloomberg", "…＝ＷＳＪ"). A credit within a quotation is the speaker's.
//
// Whom a name means: a short form ("the Journal") is the outlet whose name ends so, where a link says so or the text names just one;
// else nobody. An abbreviation that the text explains otherwise is nobody. Agencies of one sign are told apart by the article's
// country, then by its language. A name that several outlets have means the one that the article links to, else its own outlet, else
// the only one at home in its country or language (articleOutlets.disambiguate). What stays open credits the name alone, which a story
// resolves where an outlet of that name is a member (resolve). Outlets that no list has are found by the words (unlisted.go): a claim
// on one has a name and no domain.
//
// # Contenders
//
// The contenders for a story are its members, the outlets that members only name, the outlets whose pages members link to, and those
// that these pages credit. Beside them there is "none of these", with log-odds 0. A contender's score is a sum of log-odds, and each
// summand is evidence that a reader sees. The strongest reasons of the second best contender are among the evidence for the best, with
// a minus. What counts:
//
//   - Credits of independent outlets, each outlet once, each further one half as much as the one before (credit.go). Credits to an
//     outlet all of whose members name another as the writer of their text are passed on to that one, so a chain ends at its head,
//     whether a feed carries it or not. In a circle nothing is passed on, nor from a member that names more than two writers.
//   - The member's own credits to others, which count against it. Where an agency is named as the writer, credits to other outlets as
//     the writer are weakened: these pass its text on (claims.distinct).
//   - Headlines (headline.go). An item that bears the headline of an agency's own item credits the agency as a byline does, whatever
//     their dates are and however little text the agency's item has.
//   - Prose (prose.go): whether more of the others' text is in a contender's than the other way round.
//   - Time (clock.go), with the clocks of feeds put right. It counts half where a date is from before the feed was first read, since
//     nobody saw the item come out.
//   - What it is (traits.go): an agency, its outlet's own address, length; a film or letter whose outlet has an article too; a later
//     version in another language. Advertisements and press releases that an agency passes on are no origin.
//   - Habits and listing sites (log.go): whether others carry its outlet's texts or it carries others'.
//   - Pages that members credit (page.go).
//
// A credit to who had the news first, but did not write the text, is the story's scoop (weighing.scoopOf): whom members call first,
// and whose report the origin's article tells at its opening.
//
// # Chains of texts
//
// A story may hold several texts, as when an agency retells what another had first. The story goes back to the head. A member of whose
// prose more is in an agency's own article (a tenth more, and .6 at least) carries that article (news.Member.Carries). A translation
// goes back to the earliest version of its outlet; an agency's own translation carries itself, so who reruns it goes back to that.
//
// # Levels
//
// "Original" is a credited origin, or an agency's own article, with a confidence of .75 where all others together are no more than a
// fifth as likely. "Likely original" is from .5 on. Anything else is "Earliest seen".
package origin
