package clean

import (
	"html"
	"strings"
	"testing"
)

func TestMathematics(t *testing.T) {
	for in, want := range map[string]string{
		`<mfrac><mn>1</mn><mn>2</mn></mfrac>`:                                                                    "1/2",
		`<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>`:                                   "(a+b)/2",
		`<mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac>`:                                                          "1 1/2",
		`<mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac>`:                                                  "n choose k",
		`<msup><mi>e</mi><mrow><mo>-</mo><mn>7</mn><mi>t</mi></mrow></msup>`:                                     "e^(-7t)",
		`<msup><mi>x</mi><mn>2</mn></msup><mi>y</mi>`:                                                            "x^2 y",
		`<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>`:                                     "(a+b)^2",
		`<msub><mi>x</mi><mi>i</mi></msub>`:                                                                      "x_i",
		`<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>`:                                                      "x_i^2",
		`<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>`:     "∑_(i = 1)^n i",
		`<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>`:                                                          "√(x+1)",
		`<mroot><mi>x</mi><mn>3</mn></mroot>`:                                                                    "x^(1/3)",
		`<mi>E</mi><mo>=</mo><mi>m</mi><mo>&#x2062;</mo><msup><mi>c</mi><mn>2</mn></msup>`:                       "E = mc^2",
		`<mi>a</mi><mo>&lt;</mo><mi>b</mi>`:                                                                      "a < b",
		`<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>`:                                                                "sin x",
		`<mn>3</mn><mn>4</mn>`:                                                                                   "3 4",
		`<mi>x</mi><mtext>for all</mtext><mi>y</mi>`:                                                             "x for all y",
		`<mover><mi>x</mi><mo>¯</mo></mover>`:                                                                    "x̄",
		`<mfenced><mi>a</mi><mi>b</mi></mfenced>`:                                                                "(a, b)",
		`<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd></mtr></mtable>`: "1, 2; 3",
		`<mmultiscripts><mi>C</mi><none/><none/><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts>`:             "_6^14C",
		`<semantics><mrow><mi>x</mi></mrow><annotation encoding="application/x-tex">x</annotation></semantics>`:  "x",
		`<semantics><mrow/><annotation encoding="application/x-tex">\frac{1}{2}</annotation></semantics>`:        `\frac{1}{2}`,
		`<apply><divide/><cn>1</cn><cn>2</cn></apply>`:                                                           "1/2",
		`<unknown><mn>1</mn></unknown><mn>2</mn>`:                                                                "1 2",
		``: "",
	} {
		for _, doc := range []string{
			"<p>The half of it is <math>" + in + "</math> today.</p>",
			`<p>The half of it is <m:math xmlns:m="x">` + strings.NewReplacer("</", "</m:", "<", "<m:").Replace(in) + "</m:math> today.</p>",
		} {
			line := "The half of it is " + want + " today."
			if want == "" {
				line = "The half of it is today."
			}
			if got, _ := textOf(doc); got != foldLine(line) {
				t.Errorf("%s\n is read as %q, want %q", doc, got, line)
			}
			if got := html.UnescapeString(Sanitize(doc)); strings.Join(strings.Fields(got), " ") != "<p>"+line+"</p>" {
				t.Errorf("%s\n is shown as %q, want %q", doc, got, line)
			}
		}
	}
}

func TestFormulasInOtherForms(t *testing.T) {
	for in, want := range map[string]string{
		`It is <math alttext="{\displaystyle E=mc^{2}}"><mi>E</mi></math> here.`:                                                                                               "It is E=mc^{2} here.",
		`It is <span class="katex"><span class="katex-mathml"><math><mi>x</mi></math></span><span class="katex-html" aria-hidden="true"><span>x</span></span></span> here.`:    "It is x here.",
		`It is <script type="math/tex">\frac12</script> here.`:                                                                                                                 `It is \frac12 here.`,
		`It is <span style="display: none"><math alttext="a/b"><mi>a</mi></math></span><img class="mwe-math-fallback-image-inline" src="https://w.example/1" alt="a/b"> here.`: "It is a/b here.",
		`It is <img class="latex" src="https://s0.wp.com/latex.php?latex=x" alt="x^2"> here.`:                                                                                  "It is x^2 here.",
		`It is the formula of the council, <math><mi>x</mi><p>The council met on Monday.</p>`:                                                                                  "It is the formula of the council, x\n\nThe council met on Monday.",
		`<p>It is the formula of the council, <math><mi>x</p><p>The council met on <math><mi>y</mi></math>, a Monday.</p>`:                                                     "It is the formula of the council, x\n\nThe council met on y, a Monday.",
		`It is a mathematician here.`: "It is a mathematician here.",
	} {
		if got, _ := textOf(in); got != want {
			t.Errorf("%s\n is read as %q, want %q", in, got, want)
		}
	}
	checkSanitized(t, map[string]string{
		`<p>It is <img class="latex" src="https://s0.wp.com/latex.php?latex=x" alt="x^2"></p>`:                                                      `<p>It is <img src="https://s0.wp.com/latex.php?latex=x" alt="x^2"></p>`,
		`<p><span style="display: none"><math alttext="a/b"><mi>a</mi></math></span><img class="mwe-math" src="https://w.example/1" alt="a/b"></p>`: `<p><img src="https://w.example/1" alt="a/b"></p>`,
		`<p>a <math><mi>x</mi><p>b</p>`: `<p>a x</p><p>b</p>`,
	})
}

// A formula in a line of its own ends a text as well; what else ends so is furniture.
func TestFormulasThatEndATextStay(t *testing.T) {
	for end, stays := range map[string]bool{
		`<p><math><mi>x</mi><mo>&lt;</mo><mi>y</mi></math></p>`: true,
		`<p><math><msqrt><mi>x</mi></msqrt></math></p>`:         true,
		`<p>Read more</p>`:      false,
		`<p>Home &gt; News</p>`: false,
	} {
		body := `<p>The bridge will be closed until the council has found what it needs, and half of that is known:</p>`
		got := New(Options{}).Article(entry("Bridge closed", body+end), paper, now).Text
		if _, after, _ := strings.Cut(got, "known:"); (strings.TrimSpace(after) != "") != stays {
			t.Errorf("%s leaves %q", end, after)
		}
	}
}
