// The pages work without this file. It keeps "5 min ago" true, shows times in the reader's own zone, makes "/" go
// to the search box, and suggests there what can be searched for.
"use strict";
(() => {
  const minute = 60e3, hour = 60 * minute, day = 24 * hour;
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  const dateYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

  // clock is a time of day, with the day where that is not today.
  function clock(then) {
    const t = new Date(then), now = new Date();
    if (t.toDateString() === now.toDateString()) return time.format(t);
    return (t.getFullYear() === now.getFullYear() ? date : dateYear).format(t) + ", " + time.format(t);
  }

  function span(d) {
    if (d < hour) return Math.floor(d / minute) + " min";
    if (d < day) return Math.floor(d / hour) + " h";
    return d < 2 * day ? "1 day" : Math.floor(d / day) + " days";
  }

  function tell() {
    for (const t of document.querySelectorAll("time[datetime]")) {
      const then = Date.parse(t.dateTime);
      if (Number.isNaN(then)) continue;
      const d = Date.now() - then;
      t.title = local.format(then);
      if (t.classList.contains("clock")) {
        t.textContent = clock(then);
        continue;
      }
      if (d < -minute) t.textContent = "in " + span(-d);
      else if (d < minute) t.textContent = "just now";
      else if (d < 7 * day) t.textContent = span(d) + " ago";
    }
  }

  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest?.("input, textarea, select, [contenteditable]");
    if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    document.getElementById("q").focus();
  });
  tell();
  setInterval(tell, minute);
})();

// The search box is a combobox (ARIA Authoring Practices): arrows choose, Enter takes, Escape closes. Nothing is chosen at first,
// so that Enter searches for what is typed.
(() => {
  const box = document.getElementById("q"), form = box?.form, from = form?.dataset.suggest;
  if (!from) return;
  const wait = 120; // ms of silence before the server is asked
  const list = document.createElement("ul"), status = document.createElement("span");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  status.className = "hidden";
  status.setAttribute("role", "status");
  form.append(list, status);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) box.setAttribute(name, value);

  let found = [], chosen = -1, typed = "", timer, asked;

  function close() {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    found = [];
    choose(-1);
    box.setAttribute("aria-expanded", "false");
    status.textContent = "";
  }

  function choose(i) {
    chosen = i;
    [...list.children].forEach((option, k) => option.setAttribute("aria-selected", String(k === i)));
    if (i < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", list.children[i].id);
    list.children[i].scrollIntoView({ block: "nearest" });
  }

  function show(suggestions) {
    found = suggestions;
    list.replaceChildren(...found.map((s, i) => {
      const option = document.createElement("li"), name = document.createElement("bdi"), kind = document.createElement("span");
      option.id = "suggestion-" + i;
      option.setAttribute("role", "option");
      name.textContent = s.name;
      kind.className = "kind";
      kind.textContent = [s.kind, s.count].filter(Boolean).join(", ");
      option.append(name, kind);
      option.addEventListener("mousedown", (e) => { e.preventDefault(); location.assign(s.url); });
      return option;
    }));
    choose(-1);
    list.hidden = found.length === 0;
    box.setAttribute("aria-expanded", String(found.length > 0));
    status.textContent = found.length === 0 ? "" : found.length === 1 ? "1 suggestion" : found.length + " suggestions";
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    typed = box.value;
    try {
      const answer = await fetch(from + "?q=" + encodeURIComponent(typed), { signal });
      const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
      if (!signal.aborted && document.activeElement === box) show(suggestions);
    } catch (e) {
      if (e.name !== "AbortError") close(); // the server is away; the box still searches
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    if (box.value.trim() === "") return close();
    timer = setTimeout(ask, wait);
  });
  box.addEventListener("blur", close);
  form.addEventListener("submit", (e) => { // by Enter
    if (chosen < 0) return;
    e.preventDefault();
    location.assign(found[chosen].url);
  });
  box.addEventListener("keydown", (e) => {
    if (e.isComposing || list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      const i = chosen + step;
      choose(i >= found.length ? -1 : i < -1 ? found.length - 1 : i);
      box.value = chosen < 0 ? typed : found[chosen].query;
    } else if (e.key === "Escape") {
      e.preventDefault();
      box.value = typed;
      close();
    }
  });
})();
