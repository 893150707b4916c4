// Single keys, as /keys lists them. They do nothing while somebody types, with a modifier, or when they are turned off.
"use strict";
(() => {
  if (!document.body.hasAttribute("data-keys")) return;
  const pages = { f: "/", u: "/unread", s: "/starred", h: "/history", l: "/labels", a: "/latest", t: "/topics", o: "/outlets", e: "/feeds" };
  const wait = 1500; // ms after g
  let after = 0;

  const items = () => [...document.querySelectorAll("main [data-article]")].filter((i) => i.querySelector("h2 a, h3 a") && i.checkVisibility());
  const titleOf = (item) => item?.querySelector("h2 a, h3 a");

  // current is the headline that has the focus, or something else of its item.
  const current = () => document.activeElement?.closest("main [data-article]");

  // here is the item that a key acts on: the one that is chosen, or on the page of an article that article.
  const here = () => current() ?? document.querySelector("main > [data-article], main > article.whole");

  // next is the headline after or before the one that is chosen; without one, the first that is on the screen.
  function next(step, unread) {
    const all = items(), at = all.indexOf(current());
    let i = at < 0 ? all.findIndex((item) => item.getBoundingClientRect().top >= 0) - (step > 0 ? 1 : 0) : at;
    do i += step; while (unread && all[i]?.hasAttribute("data-read"));
    return all[i];
  }

  function move(step, unread) {
    const beside = document.querySelector(step > 0 ? "nav.around [rel=next]" : "nav.around [rel=prev]");
    if (document.querySelector("nav.around")) return beside?.click();
    const item = next(step, unread);
    if (!item) return step > 0 ? document.querySelector("nav.pager [rel=next]")?.click() : undefined;
    titleOf(item).focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  let help;
  async function showHelp() {
    if (!help) {
      const answer = await fetch("/keys");
      if (!answer.ok) return location.assign("/keys");
      const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("keys");
      help = document.createElement("dialog");
      help.className = "help-keys";
      help.setAttribute("aria-label", list.querySelector("h1").textContent);
      const close = document.createElement("button");
      close.className = "close";
      close.textContent = "×";
      close.setAttribute("aria-label", "Esc");
      close.addEventListener("click", () => help.close());
      help.append(close, list);
      document.body.append(help);
    }
    help.showModal();
  }

  const actions = {
    j: () => move(1), k: () => move(-1), n: () => move(1, true), p: () => move(-1, true),
    o: () => titleOf(current())?.click(),
    v: () => { const out = here()?.querySelector("a.out"); if (out) open(out.href, "_blank", "noopener"); },
    m: () => here()?.querySelector(".mark-read")?.click(),
    s: () => here()?.querySelector(".mark-star")?.click(),
    S: () => document.querySelector("#save button.save-to")?.click(),
    u: () => { const up = document.querySelector("nav.around .up"); return up ? up.click() : history.back(); },
    r: () => location.reload(),
    z: () => document.querySelector("#done .undo:not([hidden])")?.click(),
    A: () => document.querySelector("#all button.all")?.click(),
    "?": showHelp,
  };

  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented) return;
    if (e.target.closest?.("input, textarea, select, [contenteditable], dialog[open]")) return;
    const going = Date.now() - after < wait;
    after = 0;
    if (going && pages[e.key]) {
      e.preventDefault();
      return location.assign(pages[e.key]);
    }
    if (e.key === "g") {
      after = Date.now();
    } else if (Object.hasOwn(actions, e.key)) {
      e.preventDefault();
      actions[e.key]();
    }
  });
})();
