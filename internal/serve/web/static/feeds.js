// The feeds page works without this file. It adds a checkbox above each list that chooses all of it, and says how many feeds are chosen.
"use strict";
(() => {
  for (const form of document.querySelectorAll("form[data-choose]")) {
    const boxes = () => [...form.querySelectorAll("input[name=id]")];
    const count = form.querySelector("[data-chosen]");
    const update = () => {
      const chosen = boxes().filter((b) => b.checked).length;
      if (count) count.textContent = chosen ? String(chosen) : "";
      form.classList.toggle("choosing", chosen > 0);
      for (const all of form.querySelectorAll("input[data-all]")) {
        const of = [...all.closest("section").querySelectorAll("input[name=id]")];
        const n = of.filter((b) => b.checked).length;
        all.checked = n > 0 && n === of.length;
        all.indeterminate = n > 0 && n < of.length;
      }
    };
    for (const all of form.querySelectorAll("input[data-all]")) {
      all.hidden = false;
      all.addEventListener("change", () => {
        for (const b of all.closest("section").querySelectorAll("input[name=id]")) b.checked = all.checked;
        update();
      });
    }
    form.addEventListener("change", update);
    update();
  }
})();
