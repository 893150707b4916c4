package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Tab is a tab of its own profile: it shares no cookies with others.
type Tab struct {
	t    *testing.T
	ctx  context.Context // of chromedp
	base string          // address of the server, without a slash at its end
	host string          // of base

	mu     sync.Mutex // guards the rest
	faults []string
	load   map[network.RequestID]string // addresses of what is being loaded
}

// NewTab opens an empty tab for the pages of the server at base.
func NewTab(b Browser, t *testing.T, base string) *Tab {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	tab := &Tab{t: t, base: strings.TrimSuffix(base, "/"), host: u.Host, load: map[network.RequestID]string{}}
	var end context.CancelFunc
	tab.ctx, end = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	err = chromedp.Do(tab.ctx) // the tab lasts as long as the context of the first action
	if err == nil {
		err = chromedp.Listen(tab.ctx, tab.note)
	}
	if err != nil {
		t.Fatalf("a new tab: %v", err)
	}
	tab.Do(command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{}))
	tab.Wait(`document.readyState === "complete"`) // a page that is opened before the empty one has come is given up for that
	return tab
}

// command is a command of the protocol whose result says nothing.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, c, params)
		return err
	})
}

// note keeps what goes wrong. It is called for each event of the tab, and must not wait.
func (tab *Tab) note(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	add := func(format string, args ...any) { tab.faults = append(tab.faults, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.load[e.RequestID] = e.Request.URL
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Host != tab.host {
			add("asks another host: %.200s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			add("%d for %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled { // by the page, or by leaving it
			add("%s does not load: %s", tab.load[e.RequestID], e.ErrorText)
		}
	case *log.EventEntryAdded:
		// What the network says is told better by the events above.
		if e.Entry.Source != log.EntrySourceNetwork && (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) {
			add("the browser logs: %s", e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			add("a script logs a fault: %s", said(e.Args))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		add("a script fails: %s", text)
	case *debugger.EventScriptParsed:
		if strings.HasPrefix(e.URL, tab.base) && !strings.HasPrefix(e.URL, tab.base+"/static/") {
			add("a script in the page runs: %s, line %d", e.URL, e.StartLine+1)
		}
	case *page.EventJavascriptDialogOpening:
		add("an alert opens: %s", e.Message)
		go func() { // the page waits for an answer, and this function must not
			_ = chromedp.Do(tab.ctx, command(page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})) // a tab that is closed has none
		}()
	}
}

// said is what a script told the console.
func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, strings.Trim(a.Description+" "+string(a.Value), " "))
	}
	return strings.Join(words, " ")
}

// Faults gives what went wrong since the last call: requests that failed or went to another host, what the browser and
// scripts logged, exceptions, alerts.
func (tab *Tab) Faults() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	faults := tab.faults
	tab.faults = nil
	return faults
}

// NoFaults fails the test where something went wrong since the last call.
func (tab *Tab) NoFaults() {
	tab.t.Helper()
	for _, fault := range tab.Faults() {
		tab.t.Error(fault)
	}
}

// Do carries out actions, and ends the test where one fails or takes longer than Patience.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatal(err)
	}
}

// Open loads a page of the server and returns its status.
func (tab *Tab) Open(path string) int {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(tab.base+path))
	if err != nil {
		tab.t.Fatalf("open %s: %v", path, err)
	}
	if response == nil { // a page that was shown already, at another fragment
		return 0
	}
	return int(response.Status)
}

// Width sets the width of the window.
func (tab *Tab) Width(pixels int64) {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(pixels, 900))
}

// Scheme has the browser prefer light or dark pages.
func (tab *Tab) Scheme(name string) {
	tab.t.Helper()
	tab.Do(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	}))
}

// Zone has the browser be in a time zone: "Asia/Tokyo".
func (tab *Tab) Zone(name string) {
	tab.t.Helper()
	tab.Do(command(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name}))
}

// Print has pages shown as they are printed.
func (tab *Tab) Print() {
	tab.t.Helper()
	tab.Do(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
}

// JavaScript lets pages run scripts, or forbids it, from the next page on.
func (tab *Tab) JavaScript(on bool) {
	tab.t.Helper()
	tab.Do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}))
}

// ServiceWorker lets the service worker of pages answer for the server, or has the server asked for everything.
func (tab *Tab) ServiceWorker(on bool) {
	tab.t.Helper()
	tab.Do(command(network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: !on}))
}

// BeforeScripts runs a script in the pages that are opened from now on, before their own and after those of calls before: it can take
// the place of what the browser has.
func (tab *Tab) BeforeScripts(js string) {
	tab.t.Helper()
	tab.Do(command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: js}))
}

// Press presses keys, one after the other; package kb has those that no letter stands for.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, r := range keys {
			for _, event := range keyEvents(r) {
				if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, *event); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

// keyEvents are what a keyboard sends for a key. Its character goes with the event of the key, so that a page that takes the key leaves
// none.
func keyEvents(r rune) []*input.DispatchKeyEventParams {
	var events []*input.DispatchKeyEventParams
	for _, e := range kb.Encode(r) {
		if e.Type == kb.KeyChar && len(events) > 0 {
			down := events[len(events)-1]
			down.Type, down.Text, down.UnmodifiedText = kb.KeyDown, e.Text, e.UnmodifiedText
			continue
		}
		events = append(events, e)
	}
	return events
}

// Click clicks the first element that a selector finds, once it is visible.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Do(chromedp.Click(chromedp.CSS(selector)))
}

// WatchScripts has every script that runs and is no file under /static/ counted among the faults: those in elements and attributes of the page.
func (tab *Tab) WatchScripts() {
	tab.t.Helper()
	tab.Do(command(debugger.Enable, debugger.EnableParams{}))
}

// Eval evaluates an expression in the page. A promise is awaited.
func Eval[T any](tab *Tab, js string) T {
	tab.t.Helper()
	v, err := try[T](tab, js)
	if err != nil {
		tab.t.Fatalf("%.100s: %v", js, err)
	}
	return v
}

func try[T any](tab *Tab, js string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}

// Wait waits until an expression is true in the page, or in the page that comes after it. It ends the test where that takes longer than
// Patience, with what else the page is.
func (tab *Tab) Wait(js string) {
	tab.t.Helper()
	var err error
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var ok bool
		if ok, err = try[bool](tab, js); err == nil && ok { // between two pages it fails
			return
		}
	}
	text, _ := try[string](tab, `location.href + "\n" + document.body.innerText`) // "" where there is no page
	tab.t.Fatalf("waited %s in vain for %s (%v). The page: %.2000s", Patience, js, err, text)
}

// Path is the path of the page with its query.
func (tab *Tab) Path() string {
	tab.t.Helper()
	return Eval[string](tab, `location.pathname + location.search`)
}

// Text is the text of the first element that a selector finds, "" where there is none.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Eval[string](tab, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// Picture takes a picture of the page, as PNG.
func (tab *Tab) Picture() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tab.t.Fatal(err)
	}
	return picture
}
