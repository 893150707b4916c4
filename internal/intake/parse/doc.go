// Package parse turns the bytes of a feed into a news.Document. It reads RSS, RDF, Atom and JSON Feed. It is the only package
// that imports gofeed, and it never passes a document to gofeed unchanged. gofeed v1.4.2 sanitises nothing, and loses a whole
// feed to one bad byte or a missing end tag. On a document of deeply nested elements it ends the process with a stack overflow,
// which recover cannot catch.
//
// The bytes are transcoded to UTF-8 (charset.go, detect.go). A guard rewrites the markup to a balanced document of bounded
// depth (walk.go, elements.go, guard.go) and captures the fields that gofeed would lose or change. rss.go and atom.go let
// gofeed parse the output of the guard and add the captured fields (entry.go, media.go). JSON Feed is read without gofeed
// (jsonfeed.go). Dates in all languages are read by dates.go, datescan.go, dateclock.go and datetext.go with the tables in the
// folder calendar. Titles become plain text in title.go, and addresses are resolved in address.go.
//
// # Limits
//
// A document has at most 10 MB after decompression (fetch enforces this), the text of an item at most 1 MB, and its title, id
// or address at most 16 KB. A longer text is cut. A feed gives at most 5,000 items per poll. If it has more, the newest by date
// are kept, which takes a second walk over the document (survey.go). Without dates the first items are kept. A parse has a
// deadline, which is checked by the walk and by the reader from which gofeed reads. Feeds are parsed independently of each
// other. If the input exceeds a limit, the feed gets an error that names the limit, and nothing else changes.
//
// # Encodings
//
//   - Valid UTF-8 with characters beyond ASCII is UTF-8, even if a label claims a single-byte encoding. A few bad bytes in
//     UTF-8 are read as Windows-1252, byte by byte.
//   - Labels for UTF-16 and UTF-32 are ignored, since the first bytes would show these encodings. Labels for Latin-1 and ASCII
//     count no more than a missing label, because many servers send them for every document. Any other label counts if the
//     bytes can be decoded with it.
//   - Detection starts from the first language that the feed names. Of the encodings of that language (letters.txt) it
//     chooses the one that gives more letters of the language than Windows-1252 does. Without a language, or with a Western
//     one, it looks for non-Latin scripts if whole words are written in bytes beyond ASCII. Greek, Hebrew, Arabic, Thai and
//     Cyrillic are recognised by their common letters, their word endings and their capitals; Japanese, Chinese and Korean by
//     the rows of their code tables. Central European, Turkish, Baltic and Vietnamese texts are guessed without a language
//     only if the letters of no Western language explain the text. Otherwise the encoding is Windows-1252, since a wrong
//     guess for Western text is worse than none.
//
// # The guard
//
// The guard walks over the tokens once, in time linear in the size of the document. It removes junk, comments and DOCTYPE, so
// entities never expand. It bounds depth, attributes and namespaces, adds missing end tags, and leaves out end tags without a
// start tag. It removes the document's own prefixes from names, so a feed with an unknown namespace or an unusual prefix can be
// read too. It accepts items under either name (item, entry), also inside an unclosed text, author or extension. A feed within
// a web page, or shown as text by a web page, is read if the version or namespace of its root identifies it.
// Document.Repaired lists the repairs.
//
// gofeed reads the balanced result once. No tree is built, and nothing is tried twice. The guard captures these fields, which
// gofeed would change or lose: ids as written, all dc:creator, media:* in groups, dcterms dates, and the enclosures of RSS 1.0.
// gofeed's translator is not used, since it searches every text for images. An item that the end of the document cut off is
// kept if it has an id or address by which the next poll recognises it, or if no item has any.
//
// # Addresses
//
// Links, and links inside HTML, are resolved against xml:base. Without xml:base, links are resolved against the feed's final
// URL, and links inside HTML against the item's link. If the item's link is on a redirector (FeedBurner, Pheedo), the item's
// address is the target, if the item gives it: origLink, rel=canonical, or a permalink guid. If it gives none, HTML is resolved
// against the site that the feed links to. An item without a link gets the address of its permalink guid, or of an id that is a
// path of the site. An id that is not an address is never a link. Only allowed schemes are kept. Attributes that scripts read
// (data-src, data-srcset, backgrounds) are resolved if their value looks like an address. weburl.Encode writes every address as
// browsers send it.
//
// # Dates
//
// dates.go reads every date. Those in the forms of RFC 3339 and RFC 822, and Unix time, it reads directly. All other forms are
// in datescan.go and dateclock.go, over the lexemes of datetext.go: digits of any script; names of months, weekdays and halves of the day in about ninety languages;
// clocks such as 9h05, 09.05 and 下午3:05; numbers without signs; years of the Thai, Persian and Japanese calendars;
// zones by offset, abbreviation, or name in the IANA database with the offset of that day. In the folder calendar, cldr.txt is
// generated, and more.txt and zones.txt are written by hand.
//
// An ambiguous date is resolved by its document (dates.go). Numeric dates may have the day,
// the month or the year first. The chosen order makes the fewest dates of the document impossible or later than tomorrow. Ties
// are broken by agreement with weekdays, with unambiguous dates and with the order of the items; then by the feed's language;
// then by the shortest time between items; and then by the usual order, which is month first with slashes and day first with
// dots. A month's name may have two meanings: listopad is October in Croatian and November in Polish. The feed's language
// decides, then the weekday, then the other dates.
//
// A date that cannot be right counts as missing: a day that no month has, anything before 2 January 1970, or more than a day
// ahead. The item's next date is tried then. An item that has only a time of change uses that as its time of publication. The
// store keeps the first time of an article, so a later change does not move the article.
package parse
