// The value is a list of what is wrong with the page.
(() => {
  const faults = [], root = document.documentElement;
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map((c) => "." + c).join("");
  if (root.scrollWidth > innerWidth) {
    const scrolls = (e) => e && e !== document.body && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
    const outside = [...document.body.querySelectorAll("*")].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1) && !scrolls(e.parentElement);
    });
    faults.push(`wider than the window: ${root.scrollWidth} of ${innerWidth} pixels, by ${outside.slice(-3).map(name).join(", ")}`);
  }
  if (!document.title.trim()) faults.push("no title");
  if (!root.lang) faults.push("no language");
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} main headings`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (field.labels.length === 0 && !field.ariaLabel && !field.getAttribute("aria-labelledby")) faults.push(`${name(field)} has no label`);
  }
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) faults.push(`the id ${e.id} stands twice`);
    ids.add(e.id);
  }
  return faults;
})()
