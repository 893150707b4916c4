package group

import "testing"

func TestPublishersCost(t *testing.T) {
	const wire, desk, site, paper = 1, 2, 3, 4
	of := func(outlets, prose, news []uint64) publishers {
		return publishers{outlets: outlets, prose: prose, news: news}
	}
	report := of([]uint64{wire}, []uint64{wire}, nil)
	for name, tt := range map[string]struct {
		a, b publishers
		own  float64 // story probability of a pair of one outlet's articles
		want float64
	}{
		"nothing in common":                        {of([]uint64{site}, nil, nil), of([]uint64{paper}, nil, nil), 0, 0},
		"an outlet's two reports":                  {report, report, .3, ownCost},
		"an outlet's report, written through":      {report, report, .8, 0},
		"two authors":                              {report, of([]uint64{desk}, []uint64{desk}, nil), 0, authorCost},
		"one of two authors retells the other":     {report, of([]uint64{desk}, []uint64{desk}, []uint64{wire}), 0, 0},
		"both retell a third":                      {of([]uint64{wire}, []uint64{wire}, []uint64{paper}), of([]uint64{desk}, []uint64{desk}, []uint64{paper}), 0, 0},
		"two authors, and a site that reruns both": {of([]uint64{wire, site}, []uint64{wire}, nil), of([]uint64{desk, site}, []uint64{desk}, nil), 0, authorCost + ownCost},
	} {
		if tt.own > 0 {
			tt.a.near(7, tt.own)
		}
		if got := tt.a.cost(&tt.b, 7); got != tt.want {
			t.Errorf("%s: the linkage loses %g, want %g", name, got, tt.want)
		}
	}
}

// A site's long article that resembles two reports of one agency must not join them: a chain of strong pairs is no story where the agency's
// own pair says no.
func TestNoChainThroughAnotherSite(t *testing.T) {
	const agency, site = 1, 2
	gr := newGraph(3, bestLinkage{})
	gr.publishers = []publishers{{outlets: []uint64{agency}}, {outlets: []uint64{agency}}, {outlets: []uint64{site}}}
	gr.add(0, 2, .95)
	gr.add(1, 2, .9)
	if got := gr.cluster(.6); got[0] == got[1] || got[2] != got[0] {
		t.Errorf("clusters %v: want the site's article with the first report, and the second by itself", got)
	}
	gr = newGraph(3, bestLinkage{})
	gr.publishers = []publishers{{outlets: []uint64{agency}}, {outlets: []uint64{agency}}, {outlets: []uint64{site}}}
	gr.add(0, 2, .95)
	gr.add(1, 2, .9)
	gr.add(0, 1, .7)
	gr.publishers[0].near(1, .7)
	gr.publishers[1].near(0, .7)
	if got := gr.cluster(.6); got[0] != got[1] || got[1] != got[2] {
		t.Errorf("clusters %v: want one story of two versions and a rerun", got)
	}
}
