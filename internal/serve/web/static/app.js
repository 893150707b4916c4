// The pages work without this file. It shapes pictures of unknown size, keeps "5 min ago" true, tells the server in which zone the
// reader is, makes "/" go to the search box, and suggests there what can be searched for.
"use strict";
(() => {
  // A picture of unknown size has room of a usual one, and takes its own shape, or that of its text where it does not come, where
  // nobody sees the change.
  const shape = (picture) => {
    if (picture.complete && picture.getBoundingClientRect().top > innerHeight) picture.removeAttribute("data-unsized");
  };
  for (const picture of document.querySelectorAll("img[data-unsized]")) shape(picture);
  for (const event of ["load", "error"]) {
    document.addEventListener(event, (e) => { if (e.target.matches?.("img[data-unsized]")) shape(e.target); }, true);
  }

  const minute = 60e3, hour = 60 * minute, day = 24 * hour;
  const { lang, dataset: { zone, clock: hours, ago } } = document.documentElement;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [justNow, minutesAgo, hoursAgo, inMinutes, inHours] = ago.split("|");

  // Until the server knows the browser's zone, its times are of another one and are written anew here.
  const cookie = "headwater_zone=" + timeZone, known = zone || document.cookie.split("; ").includes(cookie);
  if (!known && timeZone) document.cookie = cookie + "; path=/; max-age=31536000; samesite=lax";
  const anew = known ? null : writer(lang === "en" ? "en-GB" : lang, hours === "12");

  // writer gives functions that write times in the browser's zone: whole, and as a time of day, with the day where that is not today.
  function writer(locale, hour12) {
    const format = (options) => new Intl.DateTimeFormat(locale, { timeZone, hour12, ...options });
    const full = format({ dateStyle: "medium", timeStyle: "short" }), time = format({ hour: hour12 ? "numeric" : "2-digit", minute: "2-digit" });
    const key = format({ year: "numeric", month: "numeric", day: "numeric" }), year = format({ year: "numeric" });
    const date = format({ day: "numeric", month: "short" }), dateYear = format({ day: "numeric", month: "short", year: "numeric" });
    return {
      full: (then) => full.format(then),
      clock: (then) => {
        const now = Date.now();
        if (key.format(then) === key.format(now)) return time.format(then);
        return (year.format(then) === year.format(now) ? date : dateYear).format(then) + ", " + time.format(then);
      },
    };
  }

  function tell() {
    for (const t of document.querySelectorAll("time[datetime]")) {
      const then = Date.parse(t.dateTime);
      if (Number.isNaN(then)) continue;
      if (anew) t.title = anew.full(then);
      if (t.classList.contains("clock")) {
        if (anew) t.textContent = anew.clock(then);
        continue;
      }
      const d = Date.now() - then, size = Math.abs(d);
      if (size < minute) t.textContent = justNow;
      else if (size < hour) t.textContent = (d < 0 ? inMinutes : minutesAgo).replace("%d", Math.floor(size / minute));
      else if (size < day) t.textContent = (d < 0 ? inHours : hoursAgo).replace("%d", Math.floor(size / hour));
    }
  }

  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest?.("input, textarea, select, [contenteditable]");
    if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    document.getElementById("q").focus();
  });
  if (anew || document.documentElement.dataset.offline) tell(); // else the page was made a moment ago
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
  list.setAttribute("aria-label", form.dataset.suggestions);
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
    status.textContent = found.length === 0 ? "" : form.dataset.suggestions + ": " + found.length;
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
