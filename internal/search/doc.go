// Package search finds articles by their words. It holds the index, the query language and the matching of topics, and is
// the only package that knows bleve.
//
// Articles come in by Index.Put, in the order of the store's log. Requests in the query language (query.go) come in by
// Index.Search, which gives ids, scores, spans to highlight and facets. A Percolator gives the topics that an article
// matches.
//
// # The index
//
// The index is a cache of the log and can always be made again. Each Put writes its articles and the watermark of the log in
// one batch, so that after kill -9 the two agree and the log fills in the rest. A batch also holds the last entry of the log
// that it came from, with the epoch of that entry. When an index is opened, the log must have the same epoch there. It has
// another one where the database is another, or an older copy, or a copy that went on apart. Then the index is begun anew.
//
// A closed index has a file that lists its files with sizes and times. Where that file is missing or does not agree, all
// checksums are compared before bleve maps a file into memory, since a file cut short would end the process.
//
// Texts are not stored: highlights are offsets into the store's text. A body is Article.Body and, behind it, what
// Options.Shown gives. Without stored text and doc values an article takes 3.9 KB rather than 13.
//
// Options.Shown adds 4% more words in recorded news: list items, captions, cells, bylines, texts of pictures. Grouping has
// no use for them, and a reader who saw them finds them. The mapping is static, with bodies indexed with their places. An
// index of another mapping version is made again. `headwater reindex` builds an index beside the one in use and swaps the
// two.
//
// While an index is built it has too little. The end of the log is noted when the index is opened, and until the watermark
// reaches that entry searches fail with a *BuildingError, which says how many articles are indexed and how many are
// missing. Pages, feeds of topics and of searches, the REST API and the Google Reader API answer 503 with Retry-After then.
// On the command line search, `topic show` and `emit` index first where no server does. What arrives later is indexed some
// 200 ms after it was stored, and refuses no search.
//
// # Our own search engine over bleve's segments
//
// Bleve analyses nothing here (words.go cuts words), and does not collect matches. Its term searchers ask anew for each
// article and word, and its collector keeps a document for each match, which took nine tenths of a search's time. So words
// are read from a segment at a time into hit lists, which are cached: a segment never changes. Hit lists meet in bleve's
// conjunctions and disjunctions. What a search reads of every match is in columns by document number. A hit list takes 6
// bytes a document, columns 20 bytes an article. A search reads each article that matches in some 30 ns: the one cost that
// grows with what is found. Positions are read only of articles that hold all words of a phrase, and for highlights only of
// those of the page. As many searches run at once as there are processors; the others wait in order. A search takes 5 s at
// most, its wait included.
//
// Of bleve beyond its documentation this package rests on the following, which TestBleveInternals checks:
//
//   - a reader is a *scorch.IndexSnapshot. Document numbers count through its segments in order, deleted documents included
//     (columns.go);
//   - the number of a segment is unique as long as the index is open, and the segment never changes (columns.go, hitlist.go);
//   - a dictionary gives its terms in order of bytes, from a first one on and before an end. The field _id has the ids of
//     documents (columns.go, postings.go);
//   - postings lists include deleted documents. Their iterators go up in document numbers and have the frequency, the
//     locations as analysed, and as norm one by the root of the analysed length (postings.go);
//   - the bitmap of an iterator may be replaced by a smaller one (postings.go);
//   - a term's score is the root of the frequency times norm, idf and query norm (compile.go);
//   - the bucket of the latest snapshot in root.bolt names the segments' files, each of which ends with the CRC-32 of what
//     is before it (folder.go).
//
// # Stories
//
// An article gets its story, role and origin long after it was indexed, and they change while it does not. To index articles
// anew for that would cost a millisecond each, and bleve has no way to change one field. So they are in a StoryTable in
// memory, and filters read it for each match: origin:, is:, copies:, outlets:, independent:, and folding by story. The
// table needs no watermark and cannot fall behind: it is read when serving begins or at the first search, and changed by
// each settlement, correction and new weighing once that is stored (query.Index.Apply). To read 100,000 articles in 50,000
// stories takes 0.2 s. Where a settlement leaves open where an article went, all is read again. Alone in a query such a
// field looks at every article; beside words only at those that the words find, and so do dates.
//
// The marks of the user whose search it is, for is:unread and is:starred, are bits by article id, which the store gives and
// changes with each marking. Searches of nobody refuse them. So do topics, also those of a user: their matches are stored,
// and do not change with what is read. feed:NAME is looked up among the feeds, and refused likewise.
//
// # Two readers of queries
//
// A parsed query is a tree of nodes. Each kind of node has compile, for a search of the index, and match, for one article
// without an index, or one filter for both. A new field needs a line in queryFields, a node type with these methods, and a
// line in TestFieldsOnBothReaders.
//
// # Files
//
// Each file uses only what is below it:
//
//	search.go                          Index.Search
//	page.go, highlights.go, suggest.go what a search gives: page, cursor, facets; spans; another spelling
//	matches.go                         all matches of a query
//	percolate.go, topic.go             topics; validation of queries
//	parse.go                           the grammar and the table of fields
//	boolean.go                         AND, OR, NOT
//	terms.go, outlets.go, dates.go, storyfields.go
//	                                   the kinds of fields
//	compile.go, docview.go             the readers of queries: of the index, and of one article
//	query.go, request.go               the query language and its errors; requests and results
//	put.go, index.go, folder.go        writing; opening, closing and swapping; the files of an index
//	stories.go                         the stories of articles
//	postings.go, hitlist.go, columns.go reading segments
//	document.go                        an article as a document
//	words.go, signs.go, stems.go, fold.go
//	                                   cutting text into terms
package search
