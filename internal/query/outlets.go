package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
)

// outletsFor is how long the table of outlets is shown before it is counted again.
const outletsFor = time.Minute

// outletEdits follows what people change of outlets. Its lock guards the other fields.
type outletEdits struct {
	lock    *semaphore.Weighted
	next    <-chan struct{} // closed by the next change; nil before the first reading
	version int             // counts the readings that changed the registry
}

// RefreshOutlets lets the registry follow what people have changed of outlets in any process. It returns a number that
// changes whenever the registry does. Followers of a log call it before they read entries that a change has appended.
func (r *Reader) RefreshOutlets(ctx context.Context) (version int, err error) {
	e := &r.edits
	if r.outlets == nil { // none is known, so none can be edited
		return 0, nil
	}
	if err := e.lock.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer e.lock.Release(1)
	if e.next != nil {
		select {
		case <-e.next:
		default:
			return e.version, nil
		}
	}
	next := r.store.Changed(store.AreaOutlets)
	edits, err := r.store.OutletEdits(ctx)
	if err != nil {
		return e.version, err
	}
	r.store.SetPresent(r.outlets.Present)
	if e.next != nil || len(edits) > 0 {
		err = r.outlets.Amend(edits)
		e.version++
	}
	e.next = next
	r.table.old.Store(true)
	return e.version, err
}

// outletsVersion returns what RefreshOutlets returned last.
func (r *Reader) outletsVersion(ctx context.Context) (int, error) {
	if err := r.edits.lock.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer r.edits.lock.Release(1)
	return r.edits.version, nil
}

// FollowOutlets calls RefreshOutlets after each change, until the context ends. failed is called with errors.
func (r *Reader) FollowOutlets(ctx context.Context, failed func(error)) {
	for ctx.Err() == nil {
		changed := r.store.Changed(store.AreaOutlets)
		if _, err := r.RefreshOutlets(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

// outletTable caches the table of outlets. It is read from counters, whose number grows with that of outlets and not with
// the archive. One request a minute counts again; others meanwhile get what is there.
type outletTable struct {
	old  atomic.Bool         // outlets were changed since it was counted
	lock *semaphore.Weighted // guards what follows
	rows []news.OutletSummary
	none int // articles that give no outlet
	at   time.Time
}

// Outlets lists outlets by what their stories show.
func (r *Reader) Outlets(ctx context.Context, l news.OutletList) (news.OutletPage, error) {
	rows, page, err := r.allOutlets(ctx)
	if err != nil {
		return page, err
	}
	if page.Counting, err = r.store.CountsOutlets(ctx); err != nil {
		return page, err
	}
	page.All = len(rows)
	if q := outlets.Fold(l.Query); q != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(s news.OutletSummary) bool { return !matchesOutlet(s, q) })
	} else {
		rows = slices.Clone(rows)
	}
	page.Total = len(rows)
	if order := outletOrder(l.Sort); order != nil {
		slices.SortStableFunc(rows, order)
	}
	from := l.Offset
	if l.After != "" {
		from = 1 + slices.IndexFunc(rows, func(s news.OutletSummary) bool { return s.Key() == l.After })
		if from == 0 {
			return page, fmt.Errorf("outlet %s: %w", l.After, news.ErrCursor)
		}
	}
	from = min(from, len(rows))
	page.Outlets = rows[from:min(from+cmp.Or(l.Limit, 50), len(rows))]
	return page, nil
}

func matchesOutlet(s news.OutletSummary, folded string) bool {
	return slices.ContainsFunc(append([]string{s.Name, s.Domain}, s.Names...), func(name string) bool {
		return strings.Contains(outlets.Fold(name), folded)
	})
}

// outletOrder returns a comparison for sorting outlets that are in the order of names; nil for that order.
func outletOrder(by news.OutletSort) func(a, b news.OutletSummary) int {
	switch by {
	case news.OutletsByName:
		return nil
	case news.OutletsByOriginals:
		return func(a, b news.OutletSummary) int { return cmp.Compare(b.Wrote, a.Wrote) }
	case news.OutletsByShare:
		return func(a, b news.OutletSummary) int {
			return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Wrote, a.Wrote))
		}
	case news.OutletsByReruns:
		return func(a, b news.OutletSummary) int { return cmp.Compare(b.Most.Stories, a.Most.Stories) }
	case news.OutletsByLag:
		return func(a, b news.OutletSummary) int {
			if known := a.Lags > 0; known != (b.Lags > 0) {
				if known {
					return -1
				}
				return 1
			}
			return cmp.Compare(a.Lag, b.Lag)
		}
	case news.OutletsByFirst:
		return func(a, b news.OutletSummary) int { return b.First.Compare(a.First) }
	case news.OutletsByLast:
		return func(a, b news.OutletSummary) int { return b.Last.Compare(a.Last) }
	}
	return func(a, b news.OutletSummary) int { return cmp.Compare(b.Articles, a.Articles) }
}

// allOutlets returns the table of outlets. The caller must not change it.
func (r *Reader) allOutlets(ctx context.Context) ([]news.OutletSummary, news.OutletPage, error) {
	t := &r.table
	if err := t.lock.Acquire(ctx, 1); err != nil {
		return nil, news.OutletPage{}, err
	}
	rows, page := t.rows, news.OutletPage{Unnamed: t.none, Counted: t.at}
	wrong := t.old.Swap(false) || t.at.IsZero() // nothing right can be shown before it is counted
	if !wrong && r.now().Sub(t.at) < outletsFor {
		t.lock.Release(1)
		return rows, page, nil
	}
	if !wrong {
		t.at = r.now() // nobody else counts meanwhile
		t.lock.Release(1)
	}
	counts, pairs, err := r.store.OutletCounts(ctx)
	if err == nil && !wrong {
		err = t.lock.Acquire(ctx, 1)
	}
	if err != nil {
		t.old.Store(true)
		if wrong {
			t.lock.Release(1)
		}
		return nil, page, err
	}
	defer t.lock.Release(1)
	t.rows, t.none = r.summaries(counts, pairs)
	t.at = r.now()
	return t.rows, news.OutletPage{Unnamed: t.none, Counted: t.at}, nil
}

// summaries adds up what is counted by the outlets as they are called now, in the order of names. none is the number of articles without an outlet.
func (r *Reader) summaries(counts []news.OutletCount, pairs []news.OutletPair) (rows []news.OutletSummary, none int) {
	of := map[string][]news.OutletCount{}
	var keys []string
	for _, c := range counts {
		if c.Outlet == "" {
			none += c.Articles
			continue
		}
		key := r.presentKey(c.Outlet, c.Name)
		if of[key] == nil {
			keys = append(keys, key)
		}
		of[key] = append(of[key], c)
	}
	names := make(map[string]news.Outlet, len(keys))
	for _, key := range keys {
		names[key] = r.outletOf(key, of[key])
	}
	reruns := map[string][]news.OutletPair{}
	for _, p := range pairs {
		p.Outlet, p.Origin = r.presentKey(p.Outlet, ""), r.presentKey(p.Origin, "")
		if p.Outlet != p.Origin {
			reruns[p.Outlet] = append(reruns[p.Outlet], p)
		}
	}
	rows = make([]news.OutletSummary, 0, len(keys))
	for _, key := range keys {
		s := summaryOf(names[key], of[key])
		s.Lag, s.Lags = medianLag(reruns[key])
		if all := rerunsBy(reruns[key], func(p news.OutletPair) string { return p.Origin }, names); len(all) > 0 {
			s.Most = all[0]
		}
		rows = append(rows, s)
	}
	slices.SortFunc(rows, func(a, b news.OutletSummary) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Key(), b.Key()))
	})
	return rows, none
}

// presentKey is the key of an outlet as it is called now. A key without a dot is a name.
func (r *Reader) presentKey(key, name string) string {
	return r.outlets.Present(keyedOutlet(key, name)).Key()
}

// keyedOutlet returns an outlet with this key. A name that has the key replaces the key as its name.
func keyedOutlet(key, name string) news.Outlet {
	if o := (news.Outlet{Name: cmp.Or(name, key)}); o.Key() == key {
		if name != "" || !strings.Contains(key, ".") || strings.Contains(key, " ") {
			return o
		}
	}
	return news.Outlet{Name: cmp.Or(name, key), Domain: key}
}

// outletOf returns an outlet with its name: that of the registry, or else the commonest that its articles give.
func (r *Reader) outletOf(key string, counts []news.OutletCount) news.Outlet {
	name := ""
	if len(counts) > 0 {
		name = slices.MaxFunc(counts, func(a, b news.OutletCount) int {
			return cmp.Or(cmp.Compare(a.Stories+a.Named, b.Stories+b.Named), cmp.Compare(b.Name, a.Name))
		}).Name
	}
	o := r.outlets.Present(keyedOutlet(key, name))
	if e, ok := r.outlets.Entry(o); ok && e.Outlet().Key() == key {
		return e.Outlet()
	}
	return o
}

func summaryOf(o news.Outlet, counts []news.OutletCount) news.OutletSummary {
	s := news.OutletSummary{Outlet: o}
	counts = slices.Clone(counts)
	slices.SortStableFunc(counts, func(a, b news.OutletCount) int { return cmp.Compare(b.Stories+b.Named, a.Stories+a.Named) })
	for _, c := range counts {
		s.Articles, s.Stories, s.Wrote, s.Named, s.Rerun = s.Articles+c.Articles, s.Stories+c.Stories, s.Wrote+c.Wrote, s.Named+c.Named, s.Rerun+c.Rerun
		if !c.First.IsZero() && (s.First.IsZero() || c.First.Before(s.First)) {
			s.First = c.First
		}
		if c.Last.After(s.Last) {
			s.Last = c.Last
		}
		if c.Name != "" && c.Name != o.Name && c.Name != o.Domain && !slices.Contains(s.Names, c.Name) {
			s.Names = append(s.Names, c.Name)
		}
	}
	if s.Stories > 0 {
		s.Share = float64(s.Wrote) / float64(s.Stories)
	}
	return s
}

// medianLag returns the median of the known times between originals and reruns, and their number.
func medianLag(pairs []news.OutletPair) (time.Duration, int) {
	classes, n := map[int]int{}, 0
	for _, p := range pairs {
		if p.Lag != news.LagUnknown {
			classes[p.Lag] += p.Stories
			n += p.Stories
		}
	}
	left := (n + 1) / 2
	for class := 0; left > 0; class++ {
		if left -= classes[class]; left <= 0 {
			return news.LagOf(class), n
		}
	}
	return 0, n
}

// rerunsBy adds pairs up by one of their outlets, the most stories first. names has the outlets by key.
func rerunsBy(pairs []news.OutletPair, by func(news.OutletPair) string, names map[string]news.Outlet) []news.Rerun {
	of := map[string][]news.OutletPair{}
	for _, p := range pairs {
		of[by(p)] = append(of[by(p)], p)
	}
	all := make([]news.Rerun, 0, len(of))
	for key, pairs := range of {
		o, ok := names[key]
		if !ok {
			o = keyedOutlet(key, "")
		}
		r := news.Rerun{Outlet: o}
		for _, p := range pairs {
			r.Stories += p.Stories
		}
		r.Lag, r.Lags = medianLag(pairs)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b news.Rerun) int {
		return cmp.Or(cmp.Compare(b.Stories, a.Stories), cmp.Compare(a.Outlet.Key(), b.Outlet.Key()))
	})
	return all
}

// Outlet returns what is known of the outlet that a key means, or news.ErrNotFound. The key may be a former one: that of the
// result is the present one.
func (r *Reader) Outlet(ctx context.Context, key string) (d news.OutletDetails, err error) {
	key = r.presentKey(news.Outlet{Name: strings.TrimSpace(key)}.Key(), "")
	keys := r.outlets.StoredKeys(key)
	counts, reruns, rerunBy, err := r.store.OutletCountsOf(ctx, keys)
	if err != nil {
		return d, err
	}
	o := r.outletOf(key, counts)
	entry, listed := r.outlets.Entry(o)
	listed = listed && entry.Outlet().Key() == key
	if d.Feeds, err = r.feedsOf(ctx, key); err != nil {
		return d, err
	}
	if len(counts) == 0 && !listed && len(d.Feeds) == 0 {
		return d, fmt.Errorf("outlet %s: %w", key, news.ErrNotFound)
	}
	d.OutletSummary = summaryOf(o, counts)
	d.Domains = []string{}
	if listed {
		d.Aliases, d.Domains = entry.Aliases, entry.Domains
	} else if o.Domain != "" {
		d.Domains = []string{o.Domain}
	}
	rows, _, err := r.allOutlets(ctx)
	if err != nil {
		return d, err
	}
	names := map[string]news.Outlet{}
	present := func(pairs []news.OutletPair) (kept []news.OutletPair) {
		for _, p := range pairs {
			p.Outlet, p.Origin = r.presentKey(p.Outlet, ""), r.presentKey(p.Origin, "")
			if p.Outlet != p.Origin {
				names[p.Outlet], names[p.Origin] = news.Outlet{}, news.Outlet{}
				kept = append(kept, p)
			}
		}
		return kept
	}
	reruns, rerunBy = present(reruns), present(rerunBy)
	for k := range names {
		names[k] = r.outletOf(k, nil)
	}
	for _, row := range rows {
		if _, wanted := names[row.Key()]; wanted {
			names[row.Key()] = row.Outlet
		}
	}
	d.Lag, d.Lags = medianLag(reruns)
	d.Reruns = rerunsBy(reruns, func(p news.OutletPair) string { return p.Origin }, names)
	d.RerunBy = rerunsBy(rerunBy, func(p news.OutletPair) string { return p.Outlet }, names)
	if len(d.Reruns) > 0 {
		d.Most = d.Reruns[0]
	}
	return d, r.addLearnt(ctx, &d, keys)
}

// addLearnt adds what was learnt of an outlet, and what people changed.
func (r *Reader) addLearnt(ctx context.Context, d *news.OutletDetails, keys []string) error {
	habits, err := r.store.OutletHabits(ctx)
	if err != nil {
		return err
	}
	d.Learnt = habits.Learnt
	for _, c := range habits.Clocks {
		if slices.Contains(keys, c.Outlet) {
			d.Clocks = append(d.Clocks, c)
		}
	}
	d.Lists = slices.ContainsFunc(habits.Lists, func(key string) bool { return slices.Contains(keys, key) })
	edits, err := r.store.OutletEdits(ctx)
	if err != nil {
		return err
	}
	for _, e := range edits {
		if r.presentKey(e.Outlet, "") == d.Key() && slices.Contains(keys, e.Outlet) {
			d.Edited = e.Changed
		}
	}
	d.Counting, err = r.store.CountsOutlets(ctx)
	return err
}

// StoriesBy returns the stories that go back to an outlet, the newest first.
func (r *Reader) StoriesBy(ctx context.Context, key string, limit, offset int) ([]news.Story, error) {
	ids, err := r.store.StoriesBy(ctx, r.outlets.StoredKeys(key), limit, offset)
	if err != nil {
		return nil, err
	}
	return r.storiesByID(ctx, ids)
}

// EditOutlet changes an outlet by its present key. The result has what is stored. It returns a *news.RefusedError for an edit
// that can't be, and news.ErrNotFound for an outlet that nothing is known of.
func (r *Reader) EditOutlet(ctx context.Context, e news.OutletEdit) (news.OutletDetails, error) {
	if _, err := r.RefreshOutlets(ctx); err != nil {
		return news.OutletDetails{}, err
	}
	had, err := r.Outlet(ctx, e.Outlet)
	if err != nil {
		return had, err
	}
	e, keys := tidyEdit(e, had), r.outlets.StoredKeys(had.Key())
	e.Changed = r.now()
	if err := outlets.CheckEdit(e); err != nil {
		return had, &news.RefusedError{Text: err.Error()}
	}
	names := slices.Concat([]string{e.Name, had.Name}, e.Aliases, had.Aliases)
	for _, name := range slices.Concat(names, e.Domains) {
		keys = append(keys, news.Outlet{Name: name}.Key())
	}
	mentioning, err := r.mentioning(ctx, names)
	if err != nil {
		return had, err
	}
	if err := r.store.SetOutletEdit(ctx, e, store.EditedOutlets{Keys: keys, Articles: mentioning}); err != nil {
		return had, err
	}
	if _, err := r.RefreshOutlets(ctx); err != nil {
		return had, err
	}
	return r.Outlet(ctx, e.Outlet)
}

// mentionsOf is how many of the newest articles with an outlet's name are weighed again when the outlet changes.
const mentionsOf = 2000

// mentioning finds the newest articles that may credit an outlet of these names. While the index is built it finds none.
func (r *Reader) mentioning(ctx context.Context, names []string) (articles []int64, err error) {
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		phrase := `"` + strings.ReplaceAll(name, `"`, " ") + `"`
		hits, err := r.index.Search(ctx, search.Request{Query: phrase + " OR source:" + phrase, Newest: true, Limit: mentionsOf}, r.now())
		var building *search.BuildingError
		var unsearchable *search.QueryError
		switch {
		case errors.As(err, &building):
			return nil, nil
		case errors.As(err, &unsearchable), errors.Is(err, search.ErrSlow): // a name without words, or of words that most texts have
			continue
		case err != nil:
			return nil, err
		}
		articles = append(articles, articlesOf(hits)...)
	}
	return articles, nil
}

// tidyEdit trims names, leaves out those that are given twice, and keeps the domain that is the outlet's key in front.
func tidyEdit(e news.OutletEdit, had news.OutletDetails) news.OutletEdit {
	e.Outlet, e.Name = had.Key(), strings.Join(strings.Fields(e.Name), " ")
	var aliases, domains []string
	for _, a := range e.Aliases {
		if a = strings.Join(strings.Fields(a), " "); a != "" && a != e.Name && !slices.Contains(aliases, a) {
			aliases = append(aliases, a)
		}
	}
	if had.Domain != "" {
		domains = append(domains, had.Domain)
	}
	for _, d := range e.Domains {
		if d = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(d)), "www."); d != "" && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	if had.Domain == "" && had.Name != e.Name && !slices.Contains(aliases, had.Name) { // what it is stored under stays its name
		aliases = append(aliases, had.Name)
	}
	e.Aliases, e.Domains = aliases, domains
	return e
}

// RestoreOutlet takes back what people changed of an outlet, so that the built-in list and the settings hold again. It returns
// news.ErrNotFound if nothing was changed.
func (r *Reader) RestoreOutlet(ctx context.Context, key string) (news.OutletDetails, error) {
	if _, err := r.RefreshOutlets(ctx); err != nil {
		return news.OutletDetails{}, err
	}
	key = r.presentKey(news.Outlet{Name: strings.TrimSpace(key)}.Key(), "")
	keys := r.outlets.StoredKeys(key)
	edits, err := r.store.OutletEdits(ctx)
	if err != nil {
		return news.OutletDetails{}, err
	}
	at := slices.IndexFunc(edits, func(e news.OutletEdit) bool { return slices.Contains(keys, e.Outlet) })
	if at < 0 {
		return news.OutletDetails{}, fmt.Errorf("changes of outlet %s: %w", key, news.ErrNotFound)
	}
	mentioning, err := r.mentioning(ctx, append([]string{edits[at].Name}, edits[at].Aliases...))
	if err != nil {
		return news.OutletDetails{}, err
	}
	if err := r.store.RemoveOutletEdit(ctx, edits[at].Outlet, store.EditedOutlets{Keys: keys, Articles: mentioning}, r.now()); err != nil {
		return news.OutletDetails{}, err
	}
	if _, err := r.RefreshOutlets(ctx); err != nil {
		return news.OutletDetails{}, err
	}
	return r.Outlet(ctx, edits[at].Outlet)
}
