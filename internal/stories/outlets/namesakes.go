package outlets

import (
	"maps"
	"slices"

	"headwater/internal/news"
)

// namesakes are the entries that share a name or an alias, by the folded name. Such a name alone tells none of them.
type namesakes map[string][]Entry

func namesakesOf(entries []Entry) namesakes {
	all := namesakes{}
	for _, e := range entries {
		var own []string
		for _, name := range e.names() {
			if k := fold(name); !slices.Contains(own, k) {
				own = append(own, k)
				all[k] = append(all[k], e)
			}
		}
	}
	for k, sharers := range all {
		if len(sharers) < 2 {
			delete(all, k)
		}
	}
	return all
}

// outlet is whom a name of an entry means by itself: the entry, or somebody of that name and no domain where several have it. That one is
// an agency where all of them are.
func (all namesakes) outlet(e Entry, name string) news.Outlet {
	sharers := all[fold(name)]
	if len(sharers) == 0 {
		return e.Outlet()
	}
	return ambiguous(sharers, name)
}

// signer is whom a name means that signs a text: of several the only agency or press release service, as those sign.
func (all namesakes) signer(e Entry, sign string) news.Outlet {
	sharers := all[fold(sign)]
	if signers := slices.DeleteFunc(slices.Clone(sharers), func(e Entry) bool { return !e.signs() }); len(signers) > 0 {
		sharers = signers
	}
	switch len(sharers) {
	case 0:
		return e.Outlet()
	case 1:
		return sharers[0].Outlet()
	}
	return ambiguous(sharers, sign)
}

// ambiguous is somebody of a name, spelled as the entries have it.
func ambiguous(sharers []Entry, name string) news.Outlet {
	o := news.Outlet{Name: name, Agency: true}
	names := sharers[0].names()
	if i := slices.IndexFunc(names, func(n string) bool { return fold(n) == fold(name) }); i >= 0 {
		o.Name = names[i]
	}
	for _, e := range sharers {
		o.Agency = o.Agency && e.Agency
	}
	return o
}

// isNamesakeOf says that an outlet of the same name or alias has other domains.
func (e Entry) isNamesakeOf(other Entry) bool {
	same := func(s string) string { return s }
	return shares(e.names(), other.names(), fold) && len(e.Domains) > 0 && len(other.Domains) > 0 && !shares(e.Domains, other.Domains, same)
}

// Namesakes gives the outlets that share the name of one of which no more is known, none where only one has it.
func (r *Registry) Namesakes(o news.Outlet) []news.Outlet {
	if o.Domain != "" || len(r.namesakes) == 0 {
		return nil
	}
	var all []news.Outlet
	for _, e := range r.namesakes[fold(o.Name)] {
		all = append(all, e.Outlet())
	}
	return all
}

// SharedName is a name that several outlets have.
type SharedName struct {
	Name    string
	Outlets []news.Outlet
}

// SharedNames gives the names that several outlets have, in order.
func (r *Registry) SharedNames() []SharedName {
	all := make([]SharedName, 0, len(r.namesakes))
	for _, k := range slices.Sorted(maps.Keys(r.namesakes)) {
		o := ambiguous(r.namesakes[k], k)
		all = append(all, SharedName{o.Name, r.Namesakes(o)})
	}
	return all
}
