package outlets

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"headwater/internal/news"
)

// Registry finds outlets by name, address and in texts. It is safe for concurrent use, also while Amend replaces what it
// knows.
type Registry struct {
	builtIn *table // without what people changed
	current atomic.Pointer[table]
}

// The most that an edit of an outlet may hold. Names are counted in characters.
const (
	MaxEditNames = 100
	MaxEditName  = 200
)

// Amend replaces what people changed by these edits, which outrank everything else. Of two edits that claim one name or
// domain, the later one has it. An outlet whose name or first domain an edit claims becomes part of the edited outlet. An
// invalid edit is left out, and is part of the error.
func (r *Registry) Amend(edits []news.OutletEdit) error {
	if len(edits) == 0 {
		r.current.Store(r.builtIn)
		return nil
	}
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b news.OutletEdit) int { return a.Changed.Compare(b.Changed) })
	var errs []error
	entries := slices.Clone(r.builtIn.entries)
	for _, e := range edits {
		if err := CheckEdit(e); err != nil {
			errs = append(errs, fmt.Errorf("outlet %s: %w", e.Outlet, err))
			continue
		}
		entries = amend(entries, e)
	}
	t := r.builtIn.with(entries)
	t.edited = map[string]int{}
	for i, e := range entries {
		if !e.Edited {
			continue
		}
		for _, key := range keysOf(e) {
			t.edited[key] = i
		}
	}
	r.current.Store(t)
	return errors.Join(errs...)
}

// keysOf returns the keys (news.Outlet.Key) by which stored articles may name an entry.
func keysOf(e Entry) []string {
	keys := slices.Clone(e.Domains) // which are in lower case
	for _, name := range e.names() {
		keys = append(keys, news.Outlet{Name: name}.Key())
	}
	return keys
}

// CheckEdit returns an error that says what is wrong with an edit and what to write instead.
func CheckEdit(e news.OutletEdit) error {
	entry := entryOf(e)
	if strings.TrimSpace(e.Name) == "" {
		return errors.New("an outlet needs a name")
	}
	if err := entry.check(); err != nil {
		return err
	}
	if n := len(e.Aliases) + len(e.Domains); n > MaxEditNames {
		return fmt.Errorf("%d other names and domains are given; at most %d are kept", n, MaxEditNames)
	}
	for _, name := range slices.Concat([]string{e.Name}, e.Aliases, e.Domains) {
		if n := utf8.RuneCountInString(name); n > MaxEditName {
			return fmt.Errorf("the name %.40q... has %d characters; at most %d are kept", name, n, MaxEditName)
		}
	}
	return nil
}

func entryOf(e news.OutletEdit) Entry {
	return Entry{Name: e.Name, Domains: e.Domains, Aliases: e.Aliases, Agency: e.Agency, Edited: true}
}

// amend puts an edit in the place of the entry that it changes. Other entries lose the names and domains that it claims.
// Those whose name or first domain it claims become part of it.
func amend(entries []Entry, e news.OutletEdit) []Entry {
	to := entryOf(e)
	same := func(s string) string { return s }
	var kept []Entry
	for _, old := range entries {
		own := e.Outlet == old.Outlet().Key()
		claimed := len(old.Domains) > 0 && slices.Contains(to.Domains, old.Domains[0]) ||
			len(old.Domains) == 0 && intersect([]string{old.Name}, to.names(), fold)
		if own || claimed { // what an edit does not say stays
			to.Signs = slices.Concat(to.Signs, without(old.Signs, to.Signs))
			to.Langs = slices.Concat(to.Langs, without(old.Langs, to.Langs))
			to.Aggregator = to.Aggregator || old.Aggregator
			to.Release = (to.Release || old.Release) && !to.Agency
			to.Common = to.Common || own && old.Common && old.Name == to.Name
			to.Quiet = to.Quiet || own && old.Quiet && old.Name == to.Name
			to.Namesake = to.Namesake || own && old.Namesake
			continue
		}
		if intersect(old.Domains, to.Domains, same) {
			old.Domains = without(old.Domains, to.Domains)
		}
		if intersect(old.Aliases, to.names(), fold) {
			old.Aliases = slices.DeleteFunc(slices.Clone(old.Aliases), func(a string) bool { return intersect([]string{a}, to.names(), fold) })
		}
		kept = append(kept, old)
	}
	return append(kept, to)
}

// Present returns an outlet of a stored article or story as it is called now. Only outlets that people changed differ from
// what is stored.
func (r *Registry) Present(o news.Outlet) news.Outlet {
	t := r.current.Load()
	if len(t.edited) == 0 {
		return o
	}
	if i, ok := t.edited[news.Outlet{Name: o.Key()}.Key()]; ok && (o.Domain != "" || len(t.namesakes[fold(o.Name)]) == 0) {
		return t.entries[i].Outlet()
	}
	return o
}

// StoredKeys returns the keys under which articles and stories of an outlet may be stored. The outlet's own is the first.
func (r *Registry) StoredKeys(key string) []string {
	t := r.current.Load()
	i, ok := t.edited[key]
	if !ok {
		return []string{key}
	}
	keys := []string{key}
	for _, k := range keysOf(t.entries[i]) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// BuiltIn returns the registry without what people changed. Articles are stored under its outlets, so that a change can be
// taken back. It may be called on nil.
func (r *Registry) BuiltIn() *Registry {
	if r == nil {
		return nil
	}
	b := &Registry{builtIn: r.builtIn}
	b.current.Store(r.builtIn)
	return b
}

// All returns every entry.
func (r *Registry) All() []Entry { return r.current.Load().All() }

// Entry returns the entry of an outlet, by its domain or else its name. It returns false if there is none.
func (r *Registry) Entry(o news.Outlet) (Entry, bool) { return r.current.Load().Entry(o) }

// Aggregates reports whether an outlet lists or reruns what others publish. A statement of such an outlet is news about a
// company.
func (r *Registry) Aggregates(o news.Outlet) bool { return r.current.Load().Aggregates(o) }

// ByName finds an outlet by its name, an alias, a sign or a domain ("reuters.com"). Case, width, accents, punctuation, a
// leading "The" and a trailing ".com" are ignored. For a name of several outlets only the name is returned; see Namesakes.
func (r *Registry) ByName(name string) (news.Outlet, bool) { return r.current.Load().ByName(name) }

// ByURL finds the outlet of an address. A host without an entry becomes an outlet named after its registrable domain. ByURL
// returns false only for an address without a host.
func (r *Registry) ByURL(address string) (news.Outlet, bool) { return r.current.Load().ByURL(address) }

// Redirects reports whether an address is on a shortener, a tracker or another service that only redirects to pages of others.
func (r *Registry) Redirects(address string) bool { return r.current.Load().Redirects(address) }

// Unwrap returns the target address in a redirector's address. Other addresses are returned unchanged.
func (r *Registry) Unwrap(address string) string { return r.current.Load().Unwrap(address) }

// Namesakes returns the outlets that share the name of an outlet without a domain. It returns none if only one has the name.
func (r *Registry) Namesakes(o news.Outlet) []news.Outlet { return r.current.Load().Namesakes(o) }

// SharedNames returns the names of several outlets, in order. `headwater doctor` lists them.
func (r *Registry) SharedNames() []SharedName { return r.current.Load().SharedNames() }

// Local returns the outlet that a sign means in an article of a host and a language, if several outlets use the sign. It is the
// only one that is at home in the host's country, or else the only one in the language (Entry.Langs), or else given.
func (r *Registry) Local(given news.Outlet, sign, host, lang string) news.Outlet {
	return r.current.Load().Local(given, sign, host, lang)
}

// AtHome finds short names of agencies that have other meanings elsewhere, such as "APA", if the article's host or language is
// that of the agency (an Austrian newspaper). The mentions are in text order.
func (r *Registry) AtHome(text, host, lang string) []Mention {
	return r.current.Load().AtHome(text, host, lang)
}

// Mentions finds the outlets that a text names: by whole words and by the hosts of addresses. If several names begin at one
// position, the longest counts, and no mention is inside another. Words need a capital if the name has one. Common words
// ("Time") need more, see Entry. Offsets are in bytes. An article that is part of the name is part of the mention.
func (r *Registry) Mentions(text string) []Mention { return r.current.Load().Mentions(text) }

// Dateline finds the agency that signs the opening paragraph: "HELSINKI (Reuters) -", 【ロンドン共同】. Press release services count
// too ("/PRNewswire/"), but their outlet is not an agency. The mention is the sign without its brackets.
func (r *Registry) Dateline(body string) (Mention, bool) { return r.current.Load().Dateline(body) }

// Credits finds the outlets and agencies that closing lines credit: copyright lines, "with inputs from PTI". text should be the
// last paragraphs of an article or a rights line, not a whole article. The mentions are in text order, and have the kinds
// ClaimRights, ClaimPart and ClaimByline.
func (r *Registry) Credits(text string) []Mention { return r.current.Load().Credits(text) }
