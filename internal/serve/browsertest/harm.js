// The value is a list of what in the page could run or load something that is not ours.
(() => {
  const faults = [];
  const say = (e, what) => faults.push(`${what} in ${e.outerHTML.slice(0, 200)}`);
  for (const e of document.querySelectorAll("*")) {
    const kind = e.localName;
    if (kind === "script" && (e.textContent !== "" || !e.getAttribute("src")?.startsWith("/static/"))) say(e, "a script");
    if (["iframe", "frame", "object", "embed", "base", "style", "math", "foreignobject", "animate", "set", "portal"].includes(kind)) say(e, `element ${kind}`);
    for (const { name, value } of e.attributes) {
      const scheme = /^[\s\u0000-\u0020]*([a-z][a-z0-9+.\-\s]*):/i.exec(value)?.[1].replace(/\s/g, "").toLowerCase();
      if (name.startsWith("on") || name === "srcdoc" || name === "style") say(e, `attribute ${name}`);
      if (["href", "xlink:href", "src", "action", "formaction", "poster", "data", "srcset"].includes(name) && scheme && !["http", "https", "mailto"].includes(scheme)) {
        say(e, `${name} to ${scheme}`);
      }
    }
  }
  return faults;
})()
