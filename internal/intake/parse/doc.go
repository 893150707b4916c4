// Package parse turns the bytes of a feed into a news.Document: RSS, RDF, Atom and JSON Feed. It is the only importer of
// gofeed, and gofeed never sees a document as it came: gofeed v1.4.2 sanitises nothing, loses a whole feed to one bad byte
// or a missing end tag, and ends the process with a stack overflow, which recover cannot catch, at a document of deeply
// nested elements.
//
// The bytes are transcoded to UTF-8 (charset.go, detect.go). A guard rewrites the markup to a balanced document of bounded
// depth (walk.go, elements.go, guard.go) and captures what gofeed would lose or change. rss.go and atom.go let gofeed parse
// the guard's output and add the captured parts (entry.go, media.go). JSON Feed is read without gofeed (jsonfeed.go). Dates
// of all languages are read by dates.go, datescan.go, dateclock.go and datetext.go with the tables in the folder calendar;
// titles become plain text in title.go; addresses are resolved in address.go.
//
// # Limits
//
// A document is at most 10 MB after decompression (fetch bounds it), an item's text 1 MB, its title, id or address 16 KB. A
// feed has 5,000 items a poll: of more the newest by their dates are kept, by a second walk over the document (survey.go),
// or the first where they have no dates. A text that is too long is cut. A parse has a deadline, which the walk and the
// reader that gofeed reads from both look at, and runs apart from other feeds. Input that breaks a limit gives that feed an
// error that says which, and changes nothing else.
//
// # Encodings
//
//   - What is valid UTF-8 with characters beyond ASCII is UTF-8, whatever single-byte encoding it claims. Few bad bytes in
//     UTF-8 are read as Windows-1252, one by one.
//   - Labels that mean UTF-16 or UTF-32 say nothing, since the first bytes would show those. Latin-1 and ASCII are what
//     servers say of everything, so they count as little as no label. Any other label counts where the bytes can be read by
//     it.
//   - Detection goes by the language that the feed names first: of its encodings (letters.txt) the one that makes more
//     letters of that language than Windows-1252 does. Without a language, or with a Western one, a script of its own is
//     found where whole words are written in bytes beyond ASCII: Greek, Hebrew, Arabic, Thai and Cyrillic by which letters
//     are common, what stands at the ends of words, and capitals; Japanese, Chinese and Korean by the rows of their tables.
//     Central European, Turkish, Baltic and Vietnamese are guessed without a language only where the letters of no Western
//     language explain the text. Otherwise it is Windows-1252: a wrong guess on Western text is worse than none.
//
// # The guard
//
// One walk over the tokens takes time in proportion to the document. Junk, comments and DOCTYPE go, so entities never
// unfold. Depth, attributes and namespaces are bounded. Missing end tags are added, and those that end nothing are left
// out. Names are freed of the document's prefixes, so that an unknown namespace or a strange prefix reads as well. Items
// are found under either name, and behind a text, author or extension that was left open. A feed within a web page, or
// shown by one as text, is read where its root says by version or namespace what it is. Document.Repaired names what was
// mended. gofeed reads the balanced result once; no tree is built, and nothing is tried twice. Kept aside for gofeed are
// ids as they are written, all dc:creator, media:* in groups, dcterms dates, and RSS 1.0's enclosures. gofeed's translation
// does not run, since it searches every text for images. An item that the end of the document cut off stays where it has an
// id or address by which the next poll knows it again, or where no item has any.
//
// # Addresses
//
// Links, and links inside HTML, are resolved against xml:base. Without one, links are resolved against the feed's final
// URL, and those in HTML against the item's link. Where that is a redirector's (FeedBurner, Pheedo), the item's address is
// the one behind it, where the item gives it: origLink, rel=canonical, a permalink guid; else HTML is resolved against the
// site that the feed links to. An item without a link has its permalink guid, or an id that is a path of the site; an id
// that is no address is never a link. Schemes are an allow-list. Attributes that scripts read (data-src, data-srcset,
// backgrounds) are resolved where the value reads as an address. weburl.Encode writes every address, as browsers send it.
//
// # Dates
//
// Dates in the forms of RFC 3339 and RFC 822 are read at once. All others are taken apart (datetext.go, datescan.go,
// dateclock.go): digits of any script; names of months, weekdays and halves of the day in some ninety languages; clocks
// such as 9h05, 09.05 and 下午3:05; numbers without signs; Unix time; years of the Thai, Persian and Japanese calendars;
// zones by offset, abbreviation, or name in the IANA database with the offset of that day. Of the tables in the folder
// calendar cldr.txt is generated, more.txt and zones.txt are written by hand.
//
// What a date by itself leaves open, the document decides (dates.go, asked only where a date is open). Of day first, month
// first and year first it is the order that makes the fewest dates of the document impossible or later than tomorrow; then
// what agrees with weekdays, with dates that are not open, and with the order of the items; then the feed's language; then
// what puts the items nearest to each other; then months first with slashes, days first with dots. A month's name of two
// languages (listopad is October in Croatian, November in Polish) goes by the feed's language, then the weekday, then the
// other dates. A date that can't be right is none: a day that no month has, anything before 2 January 1970, more than a day
// ahead. The item's next date is tried then. An item that says only when it changed is published then; the store keeps the
// first time that an article had, so a later change does not move it.
package parse
