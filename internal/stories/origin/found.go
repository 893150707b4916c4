package origin

import (
	"cmp"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// strengths of the kinds of claims: how far each kind speaks for the whole article.
var strengths = map[news.ClaimKind]float64{
	news.ClaimDateline: 1, news.ClaimByline: 1, news.ClaimPublisher: 1, news.ClaimCanonical: .9, news.ClaimSource: 1,
	news.ClaimScoop: .9, news.ClaimReport: .6, news.ClaimRights: .6, news.ClaimLink: .3, news.ClaimTold: .2, news.ClaimPart: .1,
}

// defaultParts are the parts of the text that claims outside the text cover, such as bylines, if they name one outlet.
var defaultParts = map[news.ClaimKind]float64{
	news.ClaimDateline: 1, news.ClaimByline: 1, news.ClaimCanonical: 1, news.ClaimSource: 1, news.ClaimRights: 1, news.ClaimPart: helperPart,
}

// foundClaim is a claim, whether it credits an agency, and whether the agency follows only from the shape of a line.
type foundClaim struct {
	news.Claim
	agency, shapeOnly bool
	place             claimPlace
	offset            int // its meaning depends on place
}

// claims are the claims found so far.
type claims []foundClaim

func (c *claims) add(kind news.ClaimKind, o news.Outlet, url, text string, span news.Span, factor float64) {
	*c = append(*c, foundClaim{Claim: news.Claim{
		Kind: kind, Outlet: o.Name, Domain: o.Domain, URL: url, Text: clip(text), Start: span.Start, End: span.End,
		Strength: strengths[kind] * factor, Part: defaultParts[kind],
	}, agency: o.Agency})
}

// last is the claim that was added last.
func (c claims) last() *foundClaim { return &c[len(c)-1] }

// share divides a claim between several outlets.
func (x *foundClaim) share(outlets int) {
	if outlets > 1 && x.Kind != news.ClaimPart {
		x.Part /= float64(outlets)
		x.Strength *= sharedStrength / float64(outlets)
	}
}

// writes reports whether claims of a kind name the writer of the text.
func writes(k news.ClaimKind) bool {
	return k == news.ClaimDateline || k == news.ClaimByline || k == news.ClaimSource
}

// withoutRivalShapes drops claims on an agency that follow only from the shape of a line, such as "(Reporting by ...; Editing
// by ...)", if another agency is named as the writer. Several agencies use the same shapes.
func (c claims) withoutRivalShapes(own news.Outlet) claims {
	named := map[string]bool{}
	if own.Agency {
		named[own.Key()] = true
	}
	for _, x := range c {
		if x.agency && !x.shapeOnly && writes(x.Kind) {
			named[x.Credited().Key()] = true
		}
	}
	return slices.DeleteFunc(c, func(x foundClaim) bool { return x.shapeOnly && len(named) > 0 && !named[x.Credited().Key()] })
}

// carrierStrength is the factor of a credit to an outlet as the writer if an agency is named as the writer too.
const carrierStrength = .6

// distinct keeps the strongest claim of each kind, outlet and address. If an agency is named as the writer, other outlets that
// are named as writers only carry its text, and their credits are weakened.
func (c claims) distinct() []news.Claim {
	if slices.ContainsFunc(c, func(x foundClaim) bool { return x.agency && writes(x.Kind) }) {
		for i := range c {
			if !c[i].agency && writes(c[i].Kind) {
				c[i].Strength = min(c[i].Strength, carrierStrength*strengths[c[i].Kind])
			}
		}
	}
	out := make([]news.Claim, len(c))
	for i, x := range c {
		out[i] = x.Claim
	}
	slices.SortStableFunc(out, func(a, b news.Claim) int { return cmp.Compare(b.Strength, a.Strength) })
	type key struct {
		kind        news.ClaimKind
		outlet, url string
	}
	seen := map[key]bool{}
	return slices.DeleteFunc(out, func(x news.Claim) bool {
		k := key{x.Kind, x.Credited().Key(), x.URL}
		dup := seen[k]
		seen[k] = true
		return dup
	})
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= 240 {
		return s
	}
	cut := strings.LastIndexByte(s[:240], ' ')
	return strings.ToValidUTF8(s[:max(cut, 200)], "") + " …"
}

func same(a, b news.Outlet) bool { return a.Key() == b.Key() }

// sharedStrength is the factor of a byline of several outlets, since it is unknown who wrote which part.
const sharedStrength = .9

// helperPart is the share of a text that an outlet gets if it only helped.
const helperPart = .2

// openingBytes is the length of the opening. A credit in the opening covers the article. A later credit covers its own
// sentence.
const openingBytes = 700

func distinctOutlets(mentions []outlets.Mention) []news.Outlet {
	var all []news.Outlet
	for _, m := range mentions {
		if !slices.ContainsFunc(all, func(o news.Outlet) bool { return same(o, m.Outlet) }) {
			all = append(all, m.Outlet)
		}
	}
	return all
}

// creditWeights are the log-odds that a credit of each kind gives to the outlet it names, for a claim of full strength.
var creditWeights = map[news.ClaimKind]float64{
	news.ClaimDateline: 3, news.ClaimByline: 3, news.ClaimSource: 3, news.ClaimCanonical: 2.5, news.ClaimScoop: 2.5,
	news.ClaimReport: 1.6, news.ClaimRights: 1.2, news.ClaimLink: .5, news.ClaimTold: .2,
}

// hostOf reports whether an address is on a domain or one of its subdomains.
func hostOf(url, domain string) bool {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// writer returns the strongest credit with which a member names another outlet as the writer of its text. A member that names
// many writers counts as naming none.
func writer(m Candidate) (news.Claim, bool) {
	var best news.Claim
	weight := 0.0
	named := map[string]bool{}
	for _, c := range m.Claims {
		w := creditWeights[c.Kind] * c.Strength
		if !writes(c.Kind) && c.Kind != news.ClaimCanonical || w < minWriter || same(c.Credited(), m.Article.Outlet) {
			continue
		}
		named[c.Credited().Key()] = true
		if cmp.Or(cmp.Compare(w, weight), cmp.Compare(best.Outlet, c.Outlet)) > 0 {
			best, weight = c, w
		}
	}
	return best, weight > 0 && len(named) <= maxWriters
}

// spanIn returns the span of a mention in the article's text, or no span if the mention is in the summary.
func spanIn(a news.Article, text string, m outlets.Mention) news.Span {
	if text != a.Text {
		return news.Span{}
	}
	return news.Span{Start: m.Start, End: m.End}
}

// claimPlace is the place where a claim was found.
type claimPlace int

const (
	inMark    claimPlace = iota // a byline, a mark
	inTitle                     // offsets are 0
	inBody                      // offsets into the article's text, or into its summary where it has no text
	inSummary                   // of an article that has a text
)
