package clean

import "strings"

// cutTails takes off a paragraph's end what publishers write straight behind the last sentence: the crew in brackets,
// an agency's signature, a copyright notice, a link that only says "more".
func (p *page) cutTails(b *block, last bool, ctx itemContext) {
	if b.role != prose {
		return
	}
	if !last && namedCredit(p.text(*b), ctx) {
		b.role = captionLine
		return
	}
	for range 50 {
		t := p.text(*b)
		at, r := crewTail(t), bylineLine
		if at <= 0 {
			at, r = rightsTail(t), rightsLine
		}
		if at <= 0 {
			at, r = signedTail(t, ctx), bylineLine
		}
		if at <= 0 {
			at, r = p.moreTail(*b, ctx), dropped
		}
		if at <= 0 {
			return
		}
		if r != dropped {
			c := cutting{role: r, text: strings.TrimSpace(t[at:])}
			for _, a := range p.anchorsIn(b.start+at, b.end) {
				c.url = a.url
			}
			b.tails = append(b.tails, c)
		}
		b.end = b.start + len(strings.TrimRight(t[:at], " "))
		if b.role = lineRole(p.text(*b)); b.role != prose {
			return
		}
	}
}

// namedCredit finds the captions of American papers, a sentence with a name in brackets behind it: "The mayor speaks on
// Tuesday. (CBS News)". Behind the last paragraph it is a signature.
func namedCredit(t string, ctx itemContext) bool {
	if len(t) > 500 || !strings.HasSuffix(t, ")") {
		return false
	}
	i := strings.LastIndex(t, " (")
	if i <= 0 || len(t)-i > 60 || !endsSentence(t[:i]) {
		return false
	}
	name := t[i+2 : len(t)-1]
	return allNames(name, 6) && (countWords(name) >= 2 || isAgency(name) || ctx.names(name))
}

// crewTail finds "(Reporting by A; editing by B)" behind a sentence.
func crewTail(t string) int {
	s := strings.TrimRight(t, ". ")
	if !strings.HasSuffix(s, ")") && !strings.HasSuffix(s, "]") {
		return 0
	}
	from := max(0, len(s)-700)
	for at := len(s); ; {
		at = strings.LastIndexAny(s[from:at], "([") + from
		if at <= from {
			return 0
		}
		if isCrew(s[at:]) {
			return at
		}
	}
}

// rightsTail finds a copyright notice near the end.
func rightsTail(t string) int {
	from := max(0, len(t)-200)
	tail := t[from:]
	if !strings.Contains(tail, "\u00a9") && !strings.Contains(tail, "opyright") && !strings.Contains(tail, "All rights") {
		return 0
	}
	for _, sign := range [...]string{"©", "(c) Copyright", "Copyright ©", "Copyright (c)", "(C) Copyright", "All rights reserved"} {
		if i := strings.LastIndex(tail, sign); i >= 0 {
			return len(strings.TrimSuffix(t[:from+i], "Copyright "))
		}
	}
	return 0
}

// signedTail finds an agency's name that signs a text behind its last sentence: "... he said. REUTERS", "... - AFP",
// "... (PTI)".
func signedTail(t string, ctx itemContext) int {
	at := len(t) + 1
	for range 4 { // words
		space := strings.LastIndexByte(t[:at-1], ' ')
		if at = space + 1; at <= 0 || len(t)-at > 40 {
			return 0
		}
		if !endsSentence(t[:at]) {
			continue
		}
		name := strings.Trim(t[at:], " -–—/()[]*")
		if name == "" || strings.HasSuffix(name, ".") {
			return 0
		}
		if isAgency(name) || ctx.names(name) && (isShout(name) || name != t[at:]) {
			return at
		}
		return 0
	}
	return 0
}

// names reports whether an outlet is called so.
func (ctx itemContext) names(name string) bool {
	if ctx.outlets == nil || len(name) > 60 {
		return false
	}
	_, ok := ctx.outlets.ByName(name)
	return ok
}

// moreTail finds a link at the end of a paragraph that leads to the item itself or only says "more".
func (p *page) moreTail(b block, ctx itemContext) int {
	links := p.anchorsIn(b.start, b.end)
	if len(links) == 0 {
		return bracketTail(p.text(b))
	}
	l := links[len(links)-1]
	words := p.src[l.start:min(l.end, b.end)]
	if b.end-l.end > 4 || strings.Trim(p.src[min(l.end, b.end):b.end], " .…»>→›])") != "" || countWords(words) > 6 {
		return bracketTail(p.text(b))
	}
	if isMore(words) || ctx.self != "" && PageURL(l.url) == ctx.self {
		return l.start - b.start
	}
	return bracketTail(p.text(b))
}

// bracketTail finds the "[…]" and "(more…)" that WordPress ends its excerpts with.
func bracketTail(t string) int {
	if !strings.HasSuffix(t, "]") && !strings.HasSuffix(t, ")") {
		return 0
	}
	at := strings.LastIndexAny(t, "[(")
	if at > 0 && t[at+1:] != ")" && t[at+1:] != "]" && isMore(t[at:]) {
		return at
	}
	return 0
}
