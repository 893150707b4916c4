// The value is what the page costs, as cost.go has it.
(async () => {
  const entries = (type) => new Promise((resolve) => {
    const seen = [];
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
    observer.observe({ type, buffered: true });
    setTimeout(() => { // what was buffered comes in a task of its own
      observer.disconnect();
      resolve(seen);
    });
  });
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  while (!painted()) await new Promise((resolve) => requestAnimationFrame(resolve));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))); // what has moved is counted with the next frame
  const name = (e) => e ? (e.nodeName.toLowerCase() + (e.className ? "." + e.className : "")) : "something that is gone";
  const shifts = (await entries("layout-shift")).filter((s) => !s.hadRecentInput);
  const sent = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((r) => !r.contentType.startsWith("image/") && r.initiatorType !== "img");
  const bytes = (files) => files.reduce((sum, f) => sum + f.encodedBodySize, 0);
  return {
    Page: bytes(sent),
    Scripts: bytes(sent.filter((f) => f.initiatorType === "script")),
    Shift: shifts.reduce((sum, s) => sum + s.value, 0),
    Shifted: [...new Set(shifts.flatMap((s) => s.sources.map((source) => name(source.node))))].slice(0, 5).join(", "),
    Paint: painted().startTime,
  };
})()
