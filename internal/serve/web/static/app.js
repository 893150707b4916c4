// The pages work without this file. It keeps "5 min ago" true, shows times in the reader's own zone, and makes "/" go
// to the search box.
"use strict";
(() => {
  const minute = 60e3, hour = 60 * minute, day = 24 * hour;
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

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
