// Long lists: a box above a select that leaves only the choices with the typed words. Without this script the whole list is there.
(() => {
  "use strict";
  const all = new WeakMap();

  function choicesOf(select) {
    if (!all.has(select)) all.set(select, Array.from(select.options));
    return all.get(select);
  }

  function narrow(input) {
    const select = document.getElementById(input.dataset.searchChoices);
    if (!select) return;
    const words = input.value.trim().toLowerCase();
    const chosen = select.value;
    const shown = choicesOf(select).filter((each) => !each.value || each.value === chosen || each.text.toLowerCase().includes(words));
    select.replaceChildren(...shown);
    select.value = chosen;
  }

  function showBoxes() {
    document.querySelectorAll("input[data-search-choices][hidden]").forEach((input) => {
      input.hidden = false;
      if (input.value) narrow(input);
    });
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches("input[data-search-choices]")) return;
    event.stopPropagation(); // nothing was answered: neither saved nor asked again
    narrow(event.target);
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[data-search-choices]")) event.stopPropagation();
  }, true);

  showBoxes();
  document.addEventListener("htmx:after:swap", showBoxes);
})();
