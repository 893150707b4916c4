package main

import (
	"math"
	"slices"

	"headwater/internal/group"
)

const (
	ridge     = .5 // L2 penalty on a weight's distance from 0, in weighted samples
	firm      = 5  // the same on its distance from a known one
	steps     = 25 // Newton's, at most
	converged = 1e-6
)

// falling are the features that may only speak against, free those that may speak both ways; all others may only speak
// for. Held to their sense, the weights of features that go together stay explainable, and few labels bend them less.
var (
	falling = []string{"aside", "conflicts", "days", "late"}
	free    = []string{"same_outlet"}
	// mute are features that say nothing on a level: reporters of one press conference share its quotations, and no story.
	mute = [numLevels][]string{story: {"quotes"}}
)

// known are the weights that are expected before any label is seen: what the fit is drawn towards, and keeps to where a
// regime has next to no labels for a feature.
type known struct {
	prior   float64
	weights map[string]float64
}

// expected are the known weights by level and regime, set by hand from what reading wire copy has shown
// (docs/design.md).
var expected = [numLevels][]known{
	story: {
		{-6, map[string]float64{"coverage": 4, "title": 4, "same_title": 3, "cosine": 3, "figures": 1, "retelling": 4, "agrees": .7, "conflicts": -2, "cites": 4, "days": -.7}},
		{-6, map[string]float64{"coverage": 4, "title": 3, "same_title": 5, "cosine": 3, "figures": 1, "retelling": 12, "agrees": .7, "conflicts": -2, "cites": 4, "days": -.7}},
		{-6, map[string]float64{"coverage": 4, "lead": 2, "retelling": 20, "agrees": .7, "conflicts": -1.5, "cites": 2.5}},
	},
	event: {
		{-4, map[string]float64{"cosine": 4, "title": 2, "cites": 4}},
		{-4, map[string]float64{"cosine": 4, "retelling": 1, "cites": 4}},
		{-4, map[string]float64{"cosine": 4, "retelling": 1, "cites": 4}},
	},
}

// fit gives the logistic regression of the samples with a ridge drawn towards the known weights, under those signs:
// Newton's method (iteratively reweighted least squares), anew without the feature that breaks its sign the most until
// none does.
func fit(samples []sample, k known, mute []string) group.Regression {
	names := group.FeatureNames()
	var used []int
	for i := range names {
		if slices.Contains(mute, names[i]) {
			continue
		}
		if k.weights[names[i]] != 0 || slices.ContainsFunc(samples, func(s sample) bool { return s.x[i] != 0 }) {
			used = append(used, i)
		}
	}
	for {
		p := problem{samples, used, centre(k, names, used)}
		w := p.newton()
		worst, at := 0.0, -1
		for k, i := range used {
			if v := breach(names[i], w[k+1]); v > worst {
				worst, at = v, k
			}
		}
		if at < 0 {
			r := group.Regression{Prior: round(w[0]), Weights: map[string]float64{}}
			for k, i := range used {
				if x := round(w[k+1]); x != 0 {
					r.Weights[names[i]] = x
				}
			}
			return r
		}
		used = slices.Delete(slices.Clone(used), at, at+1)
	}
}

func centre(k known, names []string, used []int) []float64 {
	c := []float64{k.prior}
	for _, i := range used {
		c = append(c, k.weights[names[i]])
	}
	return c
}

func breach(name string, w float64) float64 {
	switch {
	case slices.Contains(free, name):
		return 0
	case slices.Contains(falling, name):
		return w
	}
	return -w
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// problem is what one fit minimises: the weighted log-loss of the samples and the ridge around centre, whose first
// element is the prior's.
type problem struct {
	samples []sample
	used    []int // features
	centre  []float64
}

// ridge of the i-th weight.
func (p problem) ridge(i int) float64 {
	if p.centre[i] != 0 && i > 0 {
		return firm
	}
	return ridge
}

// newton gives the prior and the weights of the used features.
func (p problem) newton() []float64 {
	w := slices.Clone(p.centre)
	loss := p.loss(w)
	for range steps {
		step := solve(p.curvature(w))
		size := 0.0
		for _, d := range step {
			size = max(size, math.Abs(d))
		}
		if size < converged {
			break
		}
		next, at := w, math.Inf(1)
		for scale := 1.0; at > loss && scale > 1e-4; scale /= 2 { // a full step may overshoot where classes part cleanly
			next = slices.Clone(w)
			for i, d := range step {
				next[i] -= scale * d
			}
			at = p.loss(next)
		}
		if at > loss {
			break
		}
		w, loss = next, at
	}
	return w
}

func (p problem) logOdds(s *sample, w []float64) float64 {
	z := w[0]
	for k, f := range p.used {
		z += w[k+1] * s.x[f]
	}
	return z
}

func (p problem) loss(w []float64) float64 {
	sum := 0.0
	for i, c := range p.centre {
		sum += p.ridge(i) / 2 * (w[i] - c) * (w[i] - c)
	}
	for i := range p.samples {
		s := &p.samples[i]
		z := p.logOdds(s, w)
		if s.same {
			z = -z
		}
		sum += s.weight * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))))
	}
	return sum
}

// curvature gives the Hessian (its lower triangle) and the gradient.
func (p problem) curvature(w []float64) ([][]float64, []float64) {
	n := len(w)
	x, grad, hess := make([]float64, n), make([]float64, n), make([][]float64, n)
	for i := range hess {
		hess[i] = make([]float64, n)
		grad[i], hess[i][i] = p.ridge(i)*(w[i]-p.centre[i]), p.ridge(i)
	}
	x[0] = 1
	for i := range p.samples {
		s := &p.samples[i]
		for k, f := range p.used {
			x[k+1] = s.x[f]
		}
		q := 1 / (1 + math.Exp(-p.logOdds(s, w)))
		y := 0.0
		if s.same {
			y = 1
		}
		d, h := s.weight*(q-y), s.weight*q*(1-q)
		for a, xa := range x {
			if xa == 0 {
				continue
			}
			grad[a] += d * xa
			for b := 0; b <= a; b++ {
				hess[a][b] += h * xa * x[b]
			}
		}
	}
	return hess, grad
}

// solve gives a⁻¹b for a symmetric positive definite a, of which the lower triangle is read, by Cholesky's decomposition.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for j := range n {
		for k := range j {
			for i := j; i < n; i++ {
				a[i][j] -= a[i][k] * a[j][k]
			}
		}
		d := math.Sqrt(max(a[j][j], 1e-12))
		for i := j; i < n; i++ {
			a[i][j] /= d
		}
		a[j][j] = d
	}
	x := slices.Clone(b)
	for i := range n {
		for k := range i {
			x[i] -= a[i][k] * x[k]
		}
		x[i] /= a[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= a[k][i] * x[k]
		}
		x[i] /= a[i][i]
	}
	return x
}
