// Marks of articles: the buttons work without this file, by a form. It sends the form without leaving the page and says what was done,
// marks headlines that were scrolled past, takes swipes, shares and copies links.
"use strict";
(() => {
  const body = document.body, unread = document.getElementById("unread");
  const opposite = { read: "unread", unread: "read", star: "unstar", unstar: "star" };

  // show gives articles their new marks, wherever they stand on the page.
  function show(ids, attribute, on) {
    for (const id of ids ?? []) {
      for (const item of document.querySelectorAll(`[data-article="${id}"]`)) item.toggleAttribute("data-" + attribute, on);
      const kind = attribute === "read" ? "read" : "star";
      for (const button of document.querySelectorAll(`.mark-${kind}[value="${id}"]`)) {
        button.name = on ? opposite[kind] : kind;
        button.setAttribute("aria-pressed", String(on));
      }
    }
  }

  // send sends a form that marks articles, and resolves to the answer; to null where that was not done.
  async function send(action, fields, keepalive) {
    try {
      const answer = await fetch(action, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" }, redirect: "error", keepalive });
      if (!answer.ok) return null;
      const marked = await answer.json();
      document.dispatchEvent(new CustomEvent("marked", { detail: marked })); // offline.js keeps what is starred
      show(marked.read, "read", true);
      show(marked.unread, "read", false);
      show(marked.starred, "starred", true);
      show(marked.unstarred, "starred", false);
      if (unread) unread.textContent = marked.left;
      return marked;
    } catch {
      return null; // the server is away
    }
  }

  // What was marked is said in a live region, with a button that takes it back. It stays long enough to be read and reached: for 20
  // seconds, and while the pointer or the focus is in it. What the server wrote into the page stays.
  const done = document.getElementById("done"), status = done.querySelector("[role=status]"), undoing = done.querySelector("form");
  const undo = done.querySelector(".undo"), close = done.querySelector(".close"), stays = 20e3;
  let going;
  let scrolled = null; // what the notice says was scrolled past: how many articles, and the fields that undo it
  let sending = null; // what was scrolled past and is on its way to the server
  let forget = () => {}; // what was scrolled past and is not sent yet
  let inPlace = false; // what the notice says was done without leaving the page
  function say({ said = "", action = "", fields = [] }) {
    clearTimeout(going);
    scrolled = null;
    status.textContent = said;
    undoing.action = action || "/marks/undo";
    undoing.querySelectorAll("[name]:not([name=back])").forEach((field) => field.remove());
    undoing.append(...fields.map(({ name, value }) => Object.assign(document.createElement("input"), { type: "hidden", name, value })));
    undo.hidden = action === "";
    close.hidden = said === "";
    if (said !== "") leave();
  }
  function leave() {
    clearTimeout(going);
    going = setTimeout(() => (done.matches(":hover, :focus-within") ? leave() : say({})), stays);
  }
  close.addEventListener("click", (e) => {
    e.preventDefault();
    say({});
    document.getElementById("main").focus({ preventScroll: true });
  });
  if (status.textContent !== "") history.replaceState(history.state, "", close.href + location.hash); // loaded again, the page says it no more

  document.addEventListener("submit", async (e) => {
    const button = e.submitter, form = e.target;
    if (form === undoing && inPlace) {
      e.preventDefault();
      if (scrolled) forget(); // the last of it waits up to a second before it is sent
      await sending; // it is taken back as well
      const answer = await send(form.action, [...new FormData(form)]);
      if (!answer) return form.submit(); // the page that comes says what is wrong
      say(answer);
      return close.focus();
    }
    if (!form.classList.contains("mark-form") || !button?.name) return;
    e.preventDefault();
    const { name, value } = button, fields = [[name, value]];
    if (form.elements.story) fields.push(["story", "1"]);
    const answer = await send(form.action, fields);
    if (answer) {
      say(answer);
      inPlace = true;
      if (button.name === name) show([value], name.endsWith("read") ? "read" : "starred", !name.startsWith("un")); // it was so already
      return;
    }
    const field = document.createElement("input"); // the page that comes says what is wrong
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
    form.submit();
  });

  // What was seen and then left the window at its top was scrolled past. Articles that were only jumped over were not seen.
  const list = document.querySelector("[data-list=unread]");
  if (list && body.hasAttribute("data-scroll")) {
    const wait = 1000, seen = new Set(), passed = new Set();
    let timer;
    const flush = async (leaving) => {
      clearTimeout(timer);
      timer = undefined;
      if (passed.size === 0) return;
      const ids = [...passed].slice(0, 100), before = scrolled ?? { marked: 0, fields: [] };
      for (const id of ids) passed.delete(id);
      const fields = [...ids.map((id) => ["read", id]), ["marked", before.marked], ...before.fields.map(({ name, value }) => [name, value])];
      const answer = await (sending = send("/marks", fields, leaving === true));
      sending = null;
      if (!answer) for (const id of ids) passed.add(id);
      if (!answer) return;
      if (answer.read) { // some were not read yet
        say(answer);
        inPlace = true;
        scrolled = { marked: before.marked + answer.read.length, fields: answer.fields };
      }
      later();
    };
    forget = () => {
      clearTimeout(timer);
      timer = undefined;
      passed.clear();
    };
    const later = () => { if (passed.size > 0 && !timer && !sending) timer = setTimeout(flush, wait); };
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting, boundingClientRect, rootBounds } of entries) {
        if (isIntersecting) {
          seen.add(target);
        } else if (seen.has(target) && boundingClientRect.bottom <= (rootBounds?.top ?? 0)) {
          watch.unobserve(target);
          if (!target.hasAttribute("data-read")) passed.add(target.dataset.article);
        }
      }
      later();
    });
    for (const item of list.querySelectorAll("[data-article]")) watch.observe(item);
    addEventListener("pagehide", () => flush(true));
  }

  // A swipe towards the end of the line marks as read, or unread; towards its begin it stars.
  if (body.hasAttribute("data-swipe")) {
    const far = 70, straight = 2; // pixels, and how many times further along the line than across it
    let item, x, y;
    document.addEventListener("touchstart", (e) => {
      item = e.touches.length === 1 ? e.target.closest("[data-article]") : null;
      for (let up = e.target; item && up && up !== item; up = up.parentElement) {
        if (up.scrollWidth > up.clientWidth + 1 && getComputedStyle(up).overflowX !== "visible") item = null; // it scrolls itself
      }
      ({ clientX: x, clientY: y } = e.touches[0]);
    }, { passive: true });
    document.addEventListener("touchmove", (e) => { if (e.touches.length > 1) item = null; }, { passive: true });
    document.addEventListener("touchcancel", () => { item = null; }, { passive: true });
    document.addEventListener("touchend", (e) => {
      const dx = e.changedTouches[0].clientX - x, dy = e.changedTouches[0].clientY - y;
      if (!item || Math.abs(dx) < far || Math.abs(dx) < straight * Math.abs(dy) || !getSelection().isCollapsed) return;
      const forwards = document.documentElement.dir === "rtl" ? dx < 0 : dx > 0;
      item.querySelector(forwards ? ".mark-read" : ".mark-star")?.click();
      item = null;
    }, { passive: true });
  }

  for (const place of document.querySelectorAll(".share-link")) {
    const { url } = place.dataset, share = place.querySelector(".share"), copy = place.querySelector(".copy");
    const title = document.querySelector("h1")?.textContent ?? "";
    share.hidden = !navigator.share;
    share.addEventListener("click", () => { navigator.share({ title, url }).catch(() => {}); }); // somebody thought better of it
    copy.hidden = !navigator.clipboard;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(url);
      copy.textContent = copy.dataset.done;
    });
  }
})();
