// Forms marked data-autosave-url: send the fields (not the files) there a moment after the last change.
// The answer may carry the new version of the row in the header X-Version; it goes into the form's `version` field.
(() => {
  "use strict";
  const WAIT = 3000;
  const RETRY = 15000;
  const watched = new WeakSet();

  function say(form, state) {
    const place = form.querySelector("[data-autosave-status]");
    if (!place) return;
    const text = place.dataset["text" + state[0].toUpperCase() + state.slice(1)] || "";
    const time = new Date().toTimeString().slice(0, 5);
    place.textContent = state === "saved" ? text + " " + time : text;
  }

  function fieldsOf(form) {
    const fields = new FormData(form);
    Array.from(fields.keys()).forEach((name) => {
      if (fields.getAll(name).some((value) => value instanceof File)) fields.delete(name);
    });
    return fields;
  }

  function watch(form) {
    let timer = 0;
    let flight = null;
    let stopped = false;

    function later(wait) {
      window.clearTimeout(timer);
      if (!stopped) timer = window.setTimeout(save, wait);
    }

    async function save() {
      if (!form.isConnected) return undefined;
      if (flight) return later(WAIT);
      flight = new AbortController();
      let changedMeanwhile = false;
      const note = () => (changedMeanwhile = true);
      form.addEventListener("input", note);
      say(form, "saving");
      try {
        const answer = await fetch(form.dataset.autosaveUrl, {
          method: "POST",
          body: fieldsOf(form),
          credentials: "same-origin",
          headers: { "X-Autosave": "true" },
          redirect: "error",
          signal: flight.signal,
        });
        if (answer.status === 409) {
          stopped = true;
          return say(form, "conflict");
        }
        if (!answer.ok) throw new Error(String(answer.status));
        const version = answer.headers.get("X-Version");
        if (version && form.elements.version) form.elements.version.value = version;
        say(form, "saved");
        if (!changedMeanwhile) form.dispatchEvent(new Event("autosaved"));
      } catch (error) {
        if (error.name === "AbortError") return undefined;
        say(form, "failed");
        later(RETRY);
      } finally {
        form.removeEventListener("input", note);
        flight = null;
      }
      return undefined;
    }

    form.addEventListener("input", () => later(WAIT));
    form.addEventListener("submit", () => {
      stopped = true;
      window.clearTimeout(timer);
      if (flight) flight.abort();
    });
  }

  function watchNewForms() {
    document.querySelectorAll("form[data-autosave-url]").forEach((form) => {
      if (watched.has(form)) return;
      watched.add(form);
      watch(form);
    });
  }

  watchNewForms();
  document.addEventListener("htmx:after:swap", watchNewForms);
})();
