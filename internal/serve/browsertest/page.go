package browsertest

import _ "embed"

//go:embed page.js
var pageScript string

//go:embed harm.js
var harmScript string

// Judge says what is wrong with the page as it stands: wider than the window, without a title, a language or one main heading, fields
// without a label, an id that stands twice.
func (tab *Tab) Judge() []string {
	tab.t.Helper()
	return Eval[[]string](tab, pageScript)
}

// Harm says what in the page could run or load something that is not ours: scripts, handlers, elements of other documents, links that run.
func (tab *Tab) Harm() []string {
	tab.t.Helper()
	return Eval[[]string](tab, harmScript)
}

// OpenDetails opens everything that the page has folded.
func (tab *Tab) OpenDetails() {
	tab.t.Helper()
	Eval[bool](tab, `(() => { for (const d of document.querySelectorAll("details")) d.open = true; return true })()`)
}
