// A function that finds the first visible element that the selector and the name fit. The name of an element is what it is announced by:
// its label, its text or its value; a whole name comes before one that begins with what is wanted.
(selector, name) => {
  const text = (e) => (e?.textContent ?? "").replace(/\s+/g, " ").trim();
  const names = (e) => [e.ariaLabel, ...[...(e.labels ?? [])].map(text), text(e), e.value, e.title].filter((n) => typeof n === "string");
  const all = [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility() && e.getClientRects().length > 0);
  if (!name) return all[0];
  return all.find((e) => names(e).includes(name)) ?? all.find((e) => names(e).some((n) => n.startsWith(name)));
}
