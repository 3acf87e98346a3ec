// A second press on a slow line must not send the form twice. The server is idempotent anyway; this spares the waiting.
(() => {
  "use strict";
  const RELEASE_AFTER = 15000;

  function setBusy(form, isBusy) {
    if (isBusy) form.dataset.busy = "yes";
    else delete form.dataset.busy;
    form.querySelectorAll("button").forEach((button) => {
      if (isBusy) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    });
  }

  function releaseAll() {
    document.querySelectorAll("form[data-busy]").forEach((form) => setBusy(form, false));
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post") return;
      if (form.dataset.busy) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      setBusy(form, true);
      window.setTimeout(() => setBusy(form, false), RELEASE_AFTER);
    },
    true,
  );
  document.addEventListener("htmx:finally:request", releaseAll);
  document.addEventListener("held", (event) => setBusy(event.target, false)); // autosave.js sends it later
  window.addEventListener("pageshow", releaseAll);
})();
