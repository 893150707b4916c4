// Package search finds articles by their words. It has the index, the query language and the matching of topics. It is the only
// package that uses bleve.
//
// Articles enter by Index.Put, in the order of the store's log. Requests in the query language (query.go) go to Index.Search,
// which returns ids, scores, spans to highlight and facets. A Percolator returns the topics that an article matches.
//
// # The index
//
// The index is a cache of the log and can always be rebuilt. Each Put writes its articles and the watermark of the log in one
// batch, so the two agree even after kill -9, and the log supplies the rest. A batch also holds the last entry of the log from
// which it came, with that entry's epoch. When an index is opened, the log must have the same epoch at that entry. The epoch
// differs if the database is another one, an older copy, or a copy with a different continuation. Then the index is rebuilt.
//
// A closed index has a file that lists its files with sizes and times. If that file is missing or does not agree, all checksums
// are compared before bleve maps a file into memory, since a truncated file would end the process. Otherwise a server compares
// them behind its first searches (Index.Check).
//
// Damage that a search or a write meets while the index is open is an ErrDamaged, not a panic. Check then compares the checksums,
// and begins the index anew where they differ; without a server the next command does. If one of bleve's own goroutines panics,
// writes fail with news.ErrDisk, which ends the process. A file that is cut short while such a goroutine reads it ends the process
// at once. The next start compares the checksums after either.
//
// Texts are not stored: highlights are offsets into the store's text. An indexed body is Article.Body followed by the result of
// Options.Shown. Without stored text and doc values an article takes 3.9 KB instead of 13.
//
// Options.Shown adds 4% more words in recorded news: list items, captions, table cells, bylines, alt texts. Grouping does not
// use them, but readers see them and search for them. The mapping is static. Bodies are indexed with word positions. An index
// of another mapping version is rebuilt. `headwater reindex` builds an index next to the current one and swaps the two.
//
// An index that is being built lacks articles. The end of the log is recorded when the index is opened. Until the watermark
// reaches that entry, searches fail with a *BuildingError, which has the numbers of indexed and missing articles. Pages, feeds
// of topics and of searches, the REST API and the Google Reader API then answer 503 with Retry-After. On the command line
// search, `topic show` and `emit` first update the index if no server does. Articles that arrive later are indexed about 200 ms
// after they are stored, and do not block searches.
//
// # Our own search engine over bleve's segments
//
// Bleve neither analyses texts here (words.go splits them) nor collects matches. Its term searchers query each article and word
// separately, and its collector keeps a document for each match. The two took nine tenths of a search's time. So words are read
// from a whole segment at once into hit lists. Hit lists are cached, since a segment never changes. Bleve's conjunctions and
// disjunctions combine them. The values that a search needs of every match are in a forward index. A hit list takes
// 6 bytes per document, and the forward index takes 20 bytes per article. A search spends about 30 ns on each matching article, which
// is the only cost that grows with the number of matches. Positions are read only for articles that have all words of a phrase,
// and, for highlights, only for the articles of the page. The number of concurrent searches is the number of processors.
// Further searches wait in order. A search takes at most 5 s, including its wait.
//
// The package depends on the following properties of bleve that are not documented. TestBleveInternals checks them:
//
//   - A reader is a *scorch.IndexSnapshot. Document numbers run through its segments in order, including deleted documents
//     (segments.go).
//   - The number of a segment is unique as long as the index is open, and the segment never changes (segments.go).
//   - A dictionary returns its terms in byte order, from a first term on and before an end. The field _id has the ids of
//     documents (segments.go, postings.go).
//   - Postings lists include deleted documents. Their iterators ascend in document numbers. They have the frequency, the
//     locations as analysed, and as norm the inverse of the root of the analysed length (postings.go).
//   - The bitmap of an iterator may be replaced by a smaller one (postings.go).
//   - A term's score is the root of the frequency times norm, idf and query norm (compile.go).
//   - The bucket of the latest snapshot in root.bolt names the segments' files. Each file ends with the CRC-32 of the bytes
//     before it (folder.go).
//
// # The order of results
//
// A match is prominent if the words of the query match in headline and lead (the first 60 words) by themselves. A second searcher
// over the same query answers that; its hit lists are cached like others. In order of relevance all prominent matches come before
// the rest. Of equally relevant results the originals come first, then the newer ones. A story counts as its original if that is
// among the matches, and is then shown by it. The key of a match (matches.go) holds all of that in one number.
//
// # Stories
//
// An article gets its story, role and origin long after it was indexed, and these change while the article does not. Indexing
// articles again for that would cost a millisecond each, and bleve cannot change one field. So these data are in a StoryTable
// in memory, and filters read it for each match: origin:, is:, copies:, outlets:, independent:, and folding by story. The table
// needs no watermark and cannot fall behind. It is loaded when serving begins or at the first search, and is changed by each
// settlement, correction and new weighing after that is stored (query.Index.Apply). Loading 100,000 articles in 50,000 stories
// takes 0.2 s. If it is unknown where a settlement moved an article, the whole table is loaded again. If such a field is alone
// in a query, every article is examined. Next to words, only the articles that match the words are examined. The same holds for
// dates.
//
// The marks of the searching user, for is:unread and is:starred, are bits by article id, and so is what is hidden from the user,
// which no search finds that does not ask for is:hidden. The store loads them and changes them with each marking. Searches
// without a user reject these fields. Topics reject them too, even those of a user, because a topic's matches are stored and do
// not change when the user reads. feed:NAME is looked up among the feeds, and topics reject it too.
//
// # Two readers of queries
//
// A parsed query is a tree of nodes. A kind of node has two methods: compile, for a search of the index, and match, for one
// article without an index. Other kinds have one filter for both. A new field needs a line in queryFields, a node type with
// these methods, and a line in TestFieldsOnBothReaders.
//
// # Files
//
// Each file uses only files below it:
//
//	search.go                Index.Search; spans to highlight; another spelling
//	page.go                  results of a search: page, cursor, facets
//	matches.go               all matches of a query
//	complete.go              how a query may go on that somebody types
//	topics.go                topics: validation, and which topics an article matches
//	parse.go                 the grammar and the table of fields
//	boolean.go               AND, OR, NOT
//	terms.go, fields.go      words and phrases; the other fields
//	compile.go, docview.go   the readers of queries: of the index, and of one article
//	query.go                 the query language and its errors; requests and results
//	put.go, index.go, folder.go
//	                         writing; opening, closing and swapping; the files of an index
//	stories.go               the stories of articles
//	postings.go, segments.go reading segments: postings of words; hit lists and forward indexes
//	document.go              an article as a document
//	stems.go, words.go, signs.go
//	                         splitting text into terms
package search
