package origin

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// naiveLean compares a member with every other.
func naiveLean(members []Candidate, i int) (float64, bool) {
	sum, n := 0.0, 0
	mine := members[i].Print
	for j, m := range members {
		if j != i && len(m.Print.Shingles) > 0 && len(mine.Shingles) > 0 {
			sum += m.Print.Coverage(mine) - mine.Coverage(m.Print)
			n++
		}
	}
	return sum / float64(max(n, 1)), n > 0
}

// Comparing the different texts gives what comparing every two members gives.
func TestLeanAsByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := drawMembers(t)
		p := proseOf(members)
		for i := range members {
			got, ok := p.lean(i)
			want, wantOK := naiveLean(members, i)
			if ok != wantOK || math.Abs(got-want) > 1e-9 {
				t.Fatalf("member %d leans by %v (%v), want %v (%v)", i, got, ok, want, wantOK)
			}
		}
	})
}

// shinglesFrom makes a print of n shingles of its own and those of a common text.
func shinglesFrom(common []uint32, first uint32, n int) prints.Print {
	p := prints.Print{Words: len(common) + n, Shingles: append([]uint32{}, common...)}
	for i := range n {
		p.Shingles = append(p.Shingles, first+uint32(i))
	}
	return p
}

// Of very many texts a sample is compared, and the one that holds all of the others' still leans most.
func TestLeanOfManyTexts(t *testing.T) {
	common := make([]uint32, 50)
	for i := range common {
		common[i] = uint32(i)
	}
	members := []Candidate{{Print: prints.Print{Words: 50, Shingles: common}}}
	for i := range uint32(3 * maxTexts) {
		members = append(members, Candidate{Print: shinglesFrom(common, 1000+100*i, 50)})
	}
	p := proseOf(members)
	source, _ := p.lean(0)
	if source > -.4 {
		t.Errorf("a text that stands in all others leans by %.2f", source)
	}
	for i := 1; i < len(members); i++ {
		if l, ok := p.lean(i); !ok || l <= source || math.Abs(l) > 1 {
			t.Fatalf("text %d leans by %.2f", i, l)
		}
	}
}

// crowd is a story of n copies that credit each other's outlets, which are half as many.
func crowd(n int) []Candidate {
	members := make([]Candidate, n)
	for i := range members {
		domain := string(rune('a'+i%26)) + ".example"
		members[i] = candidate(i, member{domain: domain, hours: float64(i) / 1000, title: "Ferry berths closed"})
		members[i].Claims = []news.Claim{credit1(news.ClaimScoop, string(rune('a'+i/26%26))+".example")}
	}
	shared := candidate(0, member{domain: "a.example", text: "012"}).Print
	for i := range members {
		members[i].Print = shared
	}
	return members
}

// A story of very many copies is weighed in step with their number. Comparing every two of 60,000 takes hours.
func TestDecideManyCopies(t *testing.T) {
	n := 60_000
	if testing.Short() {
		n = 6_000
	}
	began := time.Now()
	d := Weigher{}.Decide(crowd(n))
	if err := soundDecision(d, n); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("weighing %d copies took %s", n, took)
	}
}
