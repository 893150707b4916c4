package browsertest

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed hand.js
var finderScript string

// Hand is a way to use pages. Elements are named by a selector and what they are announced by, such as "button" and "Add feed"; the
// name "" is the first that the selector finds.
type Hand interface {
	// Use follows a link, presses a button, unfolds what is folded, or checks a box.
	Use(selector, name string)
	// Write replaces the text of a field.
	Write(selector, name, text string)
	// Choose takes an option of a list by its text.
	Choose(selector, name, option string)
}

// Keyboard reaches everything with Tab, as somebody does who has no other device. Each element that it uses has to show that it has the
// focus.
func Keyboard(tab *Tab) Hand { return keyboard{tab} }

// Touch taps, on a telephone of 360 pixels.
func Touch(tab *Tab) Hand {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(360, 800, chromedp.EmulateMobile, chromedp.EmulateTouch))
	return pointer{tab, chromedp.TapXY}
}

// Swipe draws a finger from the middle of the first element along the line, by pixels to the right. The tab is one of Touch.
func (tab *Tab) Swipe(selector string, pixels float64) {
	tab.t.Helper()
	at := Eval[[]float64](tab, fmt.Sprintf(`((e) => {
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const box = e.getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	})(%s)`, tab.find(selector, "")))
	const steps = 5
	for i := range steps + 1 {
		p := input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchMove, TouchPoints: []*input.TouchPoint{{X: at[0] + pixels*float64(i)/steps, Y: at[1]}}}
		if i == 0 {
			p.Type = input.DispatchTouchEventTypeTouchStart
		}
		tab.Do(command(input.DispatchTouchEvent, p))
	}
	tab.Do(command(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}}))
}

// Mouse clicks.
func Mouse(tab *Tab) Hand {
	return pointer{tab, func(x, y float64) chromedp.Action[chromedp.Void] { return chromedp.MouseClickXY(x, y) }}
}

// find is an expression for an element of the page, which is awaited.
func (tab *Tab) find(selector, name string) string {
	tab.t.Helper()
	arguments, err := json.Marshal([]string{selector, name})
	if err != nil {
		tab.t.Fatal(err)
	}
	element := fmt.Sprintf("(%s)(...%s)", finderScript, arguments)
	tab.Wait(`!!` + element)
	return element
}

type keyboard struct{ tab *Tab }

// reach presses Tab until the element has the focus.
func (k keyboard) reach(selector, name string) {
	k.tab.t.Helper()
	element := k.tab.find(selector, name)
	const most = 1000
	for range most {
		if Eval[bool](k.tab, fmt.Sprintf(`document.activeElement === %s`, element)) {
			k.tab.Wait(fmt.Sprintf(`((box) => box.bottom > 0 && box.top < innerHeight)(%s.getBoundingClientRect())`, element)) // it scrolls there
			if Eval[bool](k.tab, fmt.Sprintf(`((style) => style.outlineStyle === "none" && style.boxShadow === "none")(getComputedStyle(%s))`, element)) {
				k.tab.t.Errorf("%s: %s %q does not show that it has the focus", k.tab.Path(), selector, name)
			}
			return
		}
		k.tab.Press(kb.Tab)
	}
	k.tab.t.Fatalf("%s: Tab does not reach %s %q", k.tab.Path(), selector, name)
}

func (k keyboard) Use(selector, name string) {
	k.tab.t.Helper()
	k.reach(selector, name)
	if Eval[bool](k.tab, `document.activeElement.matches("input[type=checkbox], input[type=radio]")`) {
		k.tab.Press(" ")
		return
	}
	k.tab.Press(kb.Enter)
}

func (k keyboard) Write(selector, name, text string) {
	k.tab.t.Helper()
	k.reach(selector, name)
	k.tab.Do(command(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kb.KeyDown, Key: "a", Modifiers: int64(kb.ModifierCtrl), Commands: []string{"selectAll"}}))
	k.tab.Press(kb.Delete)
	k.tab.Press(text)
}

func (k keyboard) Choose(selector, name, option string) {
	k.tab.t.Helper()
	k.reach(selector, name)
	k.tab.Press(option) // a list goes to the option that begins with what is typed
	k.tab.Wait(chosen(option))
}

// chosen says whether the list with the focus has an option chosen.
func chosen(option string) string {
	return fmt.Sprintf(`document.activeElement.selectedOptions[0]?.text.trim() === %q`, option)
}

// pointer is a finger or a mouse.
type pointer struct {
	tab   *Tab
	press func(x, y float64) chromedp.Action[chromedp.Void]
}

// Use scrolls to the element and presses in its middle. Nothing may lie over it.
func (p pointer) Use(selector, name string) {
	p.tab.t.Helper()
	element := p.tab.find(selector, name)
	at := Eval[[]float64](p.tab, fmt.Sprintf(`((e) => {
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const box = e.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2, top = document.elementFromPoint(x, y);
		return e.contains(top) || top?.contains(e) || [...(e.labels ?? [])].includes(top) ? [x, y] : [];
	})(%s)`, element))
	if len(at) == 0 {
		p.tab.t.Fatalf("%s: something lies over %s %q", p.tab.Path(), selector, name)
	}
	p.tab.Do(p.press(at[0], at[1]))
}

func (p pointer) Write(selector, name, text string) {
	p.tab.t.Helper()
	p.Use(selector, name)
	element := p.tab.find(selector, name)
	p.tab.Wait(`document.activeElement === ` + element)
	Eval[bool](p.tab, fmt.Sprintf(`(%s.select(), true)`, element))
	p.tab.Do(command(input.InsertText, input.InsertTextParams{Text: text})) // as the keyboard on the screen does
}

// Choose chooses without the list that the system shows over the page: no test can press in that.
func (p pointer) Choose(selector, name, option string) {
	p.tab.t.Helper()
	Eval[bool](p.tab, fmt.Sprintf(`((e) => {
		const option = [...e.options].find((o) => o.text.trim() === %q);
		if (!option) throw new Error("no such option");
		e.focus();
		e.value = option.value;
		e.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})(%s)`, option, p.tab.find(selector, name)))
}
