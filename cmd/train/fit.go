package main

import (
	"math"
	"slices"
	"sync"

	"headwater/internal/stories/group"
)

// Penalties in weighted samples (partial pooling, Gelman and Hill 2007): each regime's weights are drawn towards those that all
// regimes share, and these towards what is expected. So a regime with few labels borrows from the others.
const (
	poolingPenalty  = .5  // on a regime's weight's distance from the shared one
	ridgePenalty    = .1  // on a shared weight's distance from 0
	expectedPenalty = 1   // the same on its distance from an expected one
	priorPenalty    = .02 // the same on the shared prior's

	maxSteps     = 50   // of Newton's method
	maxSweeps    = 5000 // over the weights in a step
	converged    = 1e-5 // change of a weight below which a fit has ended
	minScale     = 1e-4 // of a step
	minCurvature = 1e-6 // of a sample, which keeps the Hessian positive
)

// negative are the features that may only speak against, unbounded those that may speak both ways; all others may only speak for. Held
// to their sense, the weights of features that go together stay explainable, and few labels bend them less.
var (
	negative  = []string{"aside", "conflicts", "days", "late", "no_prose", "template", "title_figures"}
	unbounded = []string{"early"}
	// excluded are features that say nothing on a level: reporters of one press conference share its quotations, and no story.
	excluded = [numLevels][]string{story: {"quotes"}}
)

// expectation is what the shared weights are before any label is seen: the fit is drawn towards it, and keeps to it where there are
// next to no labels for a feature.
type expectation struct {
	prior   float64
	weights map[string]float64
}

// expected are set by hand from what reading wire copy has shown. Of 1,130 pairs of rumours that share a quotation and less than a
// tenth of their prose, 1,127 are about one claim, yet labels of clusters weigh little.
var expected = [numLevels]expectation{
	story: {-6, map[string]float64{"same_text": 6, "no_prose": -3, "retelling": 12, "cites": 3, "conflicts": -2, "agrees": .7, "same_title": 3}},
	event: {-4, map[string]float64{"quotes": 5, "same_text": 3, "retelling": 1, "cites": 4}},
}

// pooled are the logistic regressions of all regimes. The prior is weight 0 of each list of weights.
type pooled struct {
	samples      [][]sample // by regime
	lower, upper []float64  // bounds of the weights
	expected     []float64
	penalty      []float64 // on the distance from expected
	shared       []float64
	weights      [][]float64 // by regime
}

// fit gives a logistic regression for each regime.
func fit(samples []sample, e expectation, excluded []string) []group.Regression {
	names, regimes := group.FeatureNames(), len(group.Regimes())
	p := &pooled{
		samples: make([][]sample, regimes), weights: make([][]float64, regimes),
		lower: []float64{math.Inf(-1)}, upper: []float64{math.Inf(1)}, expected: []float64{e.prior}, penalty: []float64{priorPenalty},
	}
	for _, s := range samples {
		p.samples[s.regime] = append(p.samples[s.regime], s)
	}
	for _, name := range names {
		lower, upper, penalty := 0.0, math.Inf(1), ridgePenalty
		switch {
		case slices.Contains(excluded, name):
			upper = 0
		case slices.Contains(negative, name):
			lower, upper = math.Inf(-1), 0
		case slices.Contains(unbounded, name):
			lower = math.Inf(-1)
		}
		if e.weights[name] != 0 {
			penalty = expectedPenalty
		}
		p.lower, p.upper = append(p.lower, lower), append(p.upper, upper)
		p.expected, p.penalty = append(p.expected, e.weights[name]), append(p.penalty, penalty)
	}
	p.shared = slices.Clone(p.expected)
	for r := range p.weights {
		p.weights[r] = slices.Clone(p.expected)
	}
	p.fit()
	round := func(x float64) float64 { return math.Round(x*100) / 100 }
	out := make([]group.Regression, regimes)
	for r, w := range p.weights {
		out[r] = group.Regression{Prior: round(w[0]), Weights: map[string]float64{}}
		for i, name := range names {
			if x := round(w[i+1]); x != 0 {
				out[r].Weights[name] = x
			}
		}
	}
	return out
}

// fit fits all weights by Newton's method within their bounds.
func (p *pooled) fit() {
	loss := p.loss(p.shared, p.weights)
	for range maxSteps {
		shared, weights := p.step()
		size := 0.0
		for i, d := range shared {
			size = max(size, math.Abs(d))
			for r := range weights {
				size = max(size, math.Abs(weights[r][i]))
			}
		}
		if size < converged {
			return
		}
		for scale := 1.0; ; scale /= 2 { // a full step may overshoot where a feature separates the classes
			if scale < minScale {
				return
			}
			nextShared, nextWeights := plus(p.shared, shared, scale), make([][]float64, len(weights))
			for r := range weights {
				nextWeights[r] = plus(p.weights[r], weights[r], scale)
			}
			if l := p.loss(nextShared, nextWeights); l <= loss {
				p.shared, p.weights, loss = nextShared, nextWeights, l
				break
			}
		}
	}
}

// plus gives w + scale·by.
func plus(w, by []float64, scale float64) []float64 {
	out := slices.Clone(w)
	for i, d := range by {
		out[i] += scale * d
	}
	return out
}

// step gives the step to the least of the quadratic approximation within the bounds, by coordinate descent (Wright 2015).
func (p *pooled) step() (shared []float64, weights [][]float64) {
	n := len(p.shared)
	hess, grad := make([][][]float64, len(p.weights)), make([][]float64, len(p.weights))
	var wait sync.WaitGroup
	for r := range p.weights {
		wait.Go(func() { hess[r], grad[r] = p.derivatives(r) })
	}
	wait.Wait()
	shared, weights = make([]float64, n), make([][]float64, len(p.weights))
	sharedGrad := make([]float64, n) // of the shared weights
	for i := range sharedGrad {
		sharedGrad[i] = p.penalty[i] * (p.shared[i] - p.expected[i])
		for r := range weights {
			sharedGrad[i] -= poolingPenalty * (p.weights[r][i] - p.shared[i])
		}
	}
	for r := range weights {
		weights[r] = make([]float64, n)
	}
	for range maxSweeps {
		size := 0.0
		for r, step := range weights {
			for i, h := range hess[r] {
				to := min(max(p.weights[r][i]+step[i]-grad[r][i]/h[i], p.lower[i]), p.upper[i])
				d := to - p.weights[r][i] - step[i]
				if d == 0 {
					continue
				}
				step[i] += d
				for j := range h {
					grad[r][j] += h[j] * d
				}
				sharedGrad[i] -= poolingPenalty * d
				size = max(size, math.Abs(d))
			}
		}
		for i := range shared {
			sharedHess := p.penalty[i] + poolingPenalty*float64(len(weights))
			d := -sharedGrad[i] / sharedHess
			shared[i] += d
			sharedGrad[i] += sharedHess * d
			for r := range grad {
				grad[r][i] -= poolingPenalty * d
			}
			size = max(size, math.Abs(d))
		}
		if size < converged/10 {
			break
		}
	}
	return shared, weights
}

func (s *sample) logOdds(w []float64) float64 {
	z := w[0]
	for i, x := range s.x {
		z += w[i+1] * x
	}
	return z
}

// loss is the weighted log-loss of all samples and the penalties.
func (p *pooled) loss(shared []float64, weights [][]float64) float64 {
	sum := 0.0
	for i, x := range shared {
		sum += p.penalty[i] / 2 * (x - p.expected[i]) * (x - p.expected[i])
		for _, w := range weights {
			sum += poolingPenalty / 2 * (w[i] - x) * (w[i] - x)
		}
	}
	for r, w := range weights {
		for i := range p.samples[r] {
			s := &p.samples[r][i]
			z := s.logOdds(w)
			if s.same {
				z = -z
			}
			sum += s.weight * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))))
		}
	}
	return sum
}

// derivatives gives the Hessian and the gradient of loss in a regime's weights.
func (p *pooled) derivatives(r int) ([][]float64, []float64) {
	w := p.weights[r]
	n := len(w)
	grad, hess := make([]float64, n), make([][]float64, n)
	for i := range hess {
		hess[i] = make([]float64, n)
		grad[i], hess[i][i] = poolingPenalty*(w[i]-p.shared[i]), poolingPenalty
	}
	at, x := make([]int, 0, n), make([]float64, 0, n) // the features that are not 0, plus 1
	for i := range p.samples[r] {
		s := &p.samples[r][i]
		q := 1 / (1 + math.Exp(-s.logOdds(w)))
		y := 0.0
		if s.same {
			y = 1
		}
		d, h := s.weight*(q-y), s.weight*max(q*(1-q), minCurvature)
		at, x = append(at[:0], 0), append(x[:0], 1)
		for i, v := range s.x {
			if v != 0 {
				at, x = append(at, i+1), append(x, v)
			}
		}
		for a, i := range at {
			grad[i] += d * x[a]
			row, hx := hess[i], h*x[a]
			for b := 0; b <= a; b++ {
				row[at[b]] += hx * x[b]
			}
		}
	}
	for i := range hess {
		for j := range i {
			hess[j][i] = hess[i][j]
		}
	}
	return hess, grad
}
