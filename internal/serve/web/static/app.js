// The pages work without this file. It keeps "5 min ago" true, shows times in the reader's own zone, and makes "/" go
// to the search box.
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
