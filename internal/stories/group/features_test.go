package group

import (
	"slices"
	"testing"
)

// Reporters at one happening share what was said there, and not a print of their own prose.
func TestSharedQuotationAlone(t *testing.T) {
	g := New(Options{})
	for _, it := range []Item{
		articleAt(1, "ledger.example", "Ferry line sheds a third of its crews",
			"Osmark Ferries will let a third of its crews go before winter, the company said on Tuesday, after two summers of empty car decks and dear fuel. "+
				"“We kept every harbour open for as long as the bank would let us,” Ilva Renmark told reporters. The oldest of the ships will be sold for scrap."),
		articleAt(2, "harbour.example", "Island fears for its morning boat",
			"Nobody on the quay at Tolsta talked of anything else. The school boat may stop in October, and with it the doctor, the post and the fresh bread. "+
				"“We kept every harbour open for as long as the bank would let us,” was all that Ilva Renmark had to offer when islanders asked her why."),
	} {
		g.Add(it)
	}
	quotes := slices.Index(FeatureNames(), "quotes")
	pairs := 0
	g.Compare(func(_, _ Item, f *Features, _ int) {
		pairs++
		if f[quotes] < .5 || f[coverage] > 0 {
			t.Errorf("quotes %g, coverage %g: want most of what is quoted, and no prose", f[quotes], f[coverage])
		}
	})
	if pairs == 0 {
		t.Error("the two were never compared")
	}
}
