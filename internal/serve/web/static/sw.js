// The service worker. It keeps what the server says may be kept (X-Offline: keep), for reading while the server cannot be
// reached: the last edition of the front page and the starred articles that were shown, each with its style, scripts and
// pictures. Everything else goes to the network as if this file were not there. The server writes two constants before this:
// build, and files, the addresses of style and scripts.
//
// There is one cache of files for each build, and one of pages for the user. Each page says whose it is (X-Viewer: USER.LOOKS);
// the pages of everybody else are dropped then, so those of a user who logged out go with the login page.
"use strict";
const filesName = "files-" + build, pagesPrefix = "pages-", offlinePage = "/offline";
const maxPages = 100, maxEntries = 1000, maxPicture = 1 << 20;
const isFile = (url) => url.pathname.startsWith("/static/") || url.pathname.startsWith("/media/");

addEventListener("install", (e) => e.waitUntil((async () => {
  await (await caches.open(filesName)).addAll(files);
  await skipWaiting();
})()));

addEventListener("activate", (e) => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("files-") && name !== filesName) await caches.delete(name);
  await registration.navigationPreload?.enable(); // so that pages do not wait until this file runs
  await clients.claim();
  const open = await clients.matchAll({ type: "window" });
  for (const address of new Set([new URL("/", location).href, ...open.map((c) => withoutHash(c.url))])) {
    try {
      await keep(address, await fetch(address));
    } catch {
      return; // the server is away; what is shown next is kept then
    }
  }
})()));

addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== location.origin) return;
  if (e.request.mode === "navigate") e.respondWith(navigate(e));
  else if (isFile(url)) e.respondWith(caches.match(e.request, { ignoreVary: true }).then((kept) => kept ?? fetch(e.request)));
});

async function navigate(e) {
  const address = withoutHash(e.request.url);
  let response;
  try {
    response = (await e.preloadResponse) ?? (await fetch(e.request));
  } catch {
    return (await readKept(address)) ?? (await readKept(new URL(offlinePage, location).href)) ?? Response.error();
  }
  if ([502, 503, 504].includes(response.status)) return (await readKept(address)) ?? response;
  e.waitUntil(keep(address, response.clone()));
  return response;
}

// A page tells that its article was starred ({look: address}), or which articles no longer are ({forget: addresses}).
addEventListener("message", (e) => e.waitUntil((async () => {
  for (const address of e.data.forget ?? []) await forget(new URL(address, location).href);
  if (e.data.look) await keep(e.data.look, await fetch(e.data.look));
})()));

function withoutHash(address) {
  return address.split("#")[0];
}

// keep takes over what an answer says: whose pages may be there, and whether this one is to be.
async function keep(address, response) {
  const viewer = response.headers.get("X-Viewer");
  if (response.status === 404 || response.status === 410) return forget(address);
  if (!viewer) return;
  const name = pagesPrefix + viewer.split(".")[0];
  for (const other of await caches.keys()) if (other.startsWith(pagesPrefix) && other !== name) await caches.delete(other);
  if (viewer === "none") return;
  if (!response.ok || response.redirected || response.headers.get("X-Offline") !== "keep") return forget(address);
  const pages = await caches.open(name);
  await put(pages, address, response);
  const offline = new URL(offlinePage, location).href, old = await pages.match(offline);
  if (old?.headers.get("X-Viewer") !== viewer) await put(pages, offline, await fetch(offline));
  await bound(pages);
}

// put stores a page with the files that it shows.
async function put(pages, address, response) {
  if (!response.ok) return;
  await pages.put(address, response.clone());
  for (const file of filesOf(await response.text())) {
    if (await caches.match(file, { ignoreVary: true })) continue;
    const answer = await fetch(file).catch(() => null); // a page without a picture can be read
    if (answer?.ok && Number(answer.headers.get("Content-Length") ?? 0) <= maxPicture) await pages.put(file, answer);
  }
}

function filesOf(html) {
  const found = new Set();
  for (const [, address] of html.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    const url = new URL(address.replaceAll("&amp;", "&"), location);
    if (url.origin === location.origin && isFile(url)) found.add(url.href);
  }
  return found;
}

async function forget(address) {
  for (const name of await caches.keys()) if (name.startsWith(pagesPrefix)) await (await caches.open(name)).delete(address);
}

// bound drops the pages that were kept first, and files that no page shows.
async function bound(pages) {
  const all = (await pages.keys()).map((r) => r.url);
  const fixed = [new URL("/", location).href, new URL(offlinePage, location).href];
  const kept = all.filter((a) => !isFile(new URL(a)) && !fixed.includes(a));
  for (const address of kept.slice(0, Math.max(0, kept.length - maxPages))) await pages.delete(address);
  if (all.length <= maxEntries) return;
  const used = new Set();
  for (const request of await pages.keys()) {
    if (isFile(new URL(request.url))) continue;
    for (const file of filesOf(await (await pages.match(request)).text())) used.add(file);
  }
  for (const address of all) if (isFile(new URL(address)) && !used.has(address)) await pages.delete(address);
}

// readKept returns a kept page, which says as of when it is, or undefined.
async function readKept(address) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(pagesPrefix)) continue;
    const kept = await (await caches.open(name)).match(address, { ignoreVary: true });
    if (!kept) continue;
    const headers = new Headers(kept.headers);
    headers.delete("Content-Encoding");
    headers.delete("Content-Length");
    const at = new Date(kept.headers.get("Date") ?? Date.now()).toISOString();
    return new Response((await kept.text()).replace("<html ", `<html data-offline="${at}" `), { headers });
  }
}
