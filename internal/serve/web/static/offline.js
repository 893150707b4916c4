// What can be read while the server cannot be reached: see sw.js. The pages work without this file.
"use strict";
(() => {
  const root = document.documentElement;
  // Browsers have service workers over HTTPS and on loopback. Where one cannot be installed, pages are as they are without it.
  if ("serviceWorker" in navigator) {
    addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch((e) => console.info("Pages are not kept: " + e.message)));
  }
  // read.js tells which articles were starred, and which no longer are.
  document.addEventListener("marked", ({ detail: { starred = [], unstarred = [] } }) => {
    const worker = navigator.serviceWorker?.controller, address = (id) => "/article/" + id;
    if (starred.map(address).includes(location.pathname)) worker?.postMessage({ look: location.href.split("#")[0] });
    if (unstarred.length > 0) worker?.postMessage({ forget: unstarred.map(address) });
  });
  const list = document.getElementById("kept"); // on the page /offline, which lists what is kept
  if (root.dataset.offline && !list) {
    const note = document.getElementById("offline"), time = note.querySelector("time");
    time.dateTime = root.dataset.offline;
    time.textContent = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(root.dataset.offline));
    note.hidden = false;
  }

  if (!list || !("caches" in window)) return;
  (async () => {
    const items = []; // shown at once, so that nothing moves twice
    for (const name of await caches.keys()) {
      if (!name.startsWith("pages-")) continue;
      const pages = await caches.open(name);
      for (const request of await pages.keys()) {
        const { pathname } = new URL(request.url);
        if (pathname.startsWith("/static/") || pathname.startsWith("/media/") || pathname === "/offline") continue;
        const html = new DOMParser().parseFromString(await (await pages.match(request)).text(), "text/html");
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = request.url;
        link.dir = "auto";
        link.textContent = html.querySelector("h1")?.textContent.trim() || html.title;
        item.append(link);
        if (pathname === "/") items.unshift(item);
        else items.push(item);
      }
    }
    list.append(...items);
    document.getElementById("kept-none").hidden = items.length > 0;
  })();
})();
