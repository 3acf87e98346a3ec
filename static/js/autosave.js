// Forms that save themselves: a moment after the last change, and when the page is left. window.savesItself(form, way) watches one;
// way.send() posts what is to be kept (form-post.js) and way.taken(answer) takes the answer and returns what is to be said.
// On a line that is away, or after the session ended, the form stays on the screen and says what to do.
(() => {
  "use strict";
  const WAIT = 3000;
  const RETRY = 15000;
  const FRESH = 10 * 60000; // after so long without word of the server a press asks first whether one is still signed in
  const watched = new WeakSet();

  window.savesItself = (form, way) => {
    let timer = 0;
    let flight = null;
    let isChanged = false;
    let isGone = false; // the form itself is on its way
    let last = "ok";
    let heardAt = Date.now();

    function later(wait) {
      window.clearTimeout(timer);
      if (!isGone && last !== "conflict") timer = window.setTimeout(save, wait);
    }

    async function note(state, answer) {
      const wasAway = last === "offline" || last === "signed-out";
      last = state;
      if (state !== "offline") heardAt = Date.now();
      if (state !== "ok") {
        isChanged = true;
        later(RETRY);
      }
      const said = state === "ok" ? await way.taken(answer) : state;
      window.formSays(form, said);
      if (said === "saved" && !isChanged) form.dispatchEvent(new Event("autosaved"));
      if (wasAway && state === "ok") form.dispatchEvent(new Event("line-back"));
      return state;
    }

    async function fly(isFarewell) {
      isChanged = false;
      window.formSays(form, "saving");
      const { state, answer } = await way.send(isFarewell);
      flight = null;
      return isGone ? state : note(state, answer);
    }

    function save(isFarewell) {
      if (!form.isConnected || isGone) return Promise.resolve(last);
      window.clearTimeout(timer);
      flight = flight || fly(isFarewell === true);
      return flight;
    }

    function goOn() {
      if (isChanged && last !== "conflict") save();
    }

    form.addEventListener("input", () => {
      isChanged = true;
      later(flight ? RETRY : WAIT);
      if (flight) flight.then(() => later(WAIT));
    });

    // A press goes to the server only when it will arrive there: else the browser would put its own page in the place of the form.
    form.addEventListener("submit", (event) => {
      const press = event.submitter;
      const isSure = !flight && last !== "offline" && last !== "signed-out" && navigator.onLine !== false && Date.now() - heardAt < FRESH;
      if (isSure || !press) {
        isGone = true;
        window.clearTimeout(timer);
        return;
      }
      event.preventDefault();
      form.dispatchEvent(new Event("held", { bubbles: true }));
      Promise.resolve(flight)
        .then((state) => (state === "ok" ? state : save()))
        .then((state) => state !== "offline" && state !== "signed-out" && press.click());
    });

    window.addEventListener("online", goOn);
    window.addEventListener("pageshow", () => (isGone = false));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) goOn();
      else if (isChanged && !flight) save(true);
    });

    // The questions follow the answers through htmx, which would leave the page for the one on which one signs in.
    form.addEventListener("htmx:before:response", (event) => {
      const { status, headers } = event.detail.ctx.response;
      if (status !== 400 && status !== 401 && !headers.get("HX-Redirect")) return;
      event.preventDefault();
      isChanged = true;
      save();
    });
  };

  // --- forms marked data-autosave-url: their fields (not the files) go there; the answer may carry the new version of the row in the
  // header X-Version, which goes into the form's `version` field

  function fieldsOf(form) {
    const fields = new FormData(form);
    Array.from(fields.keys()).forEach((name) => {
      if (fields.getAll(name).some((value) => value instanceof File)) fields.delete(name);
    });
    return fields;
  }

  function watch(form) {
    window.savesItself(form, {
      send: (isFarewell) => window.formPost(form.dataset.autosaveUrl, fieldsOf(form), isFarewell),
      taken: (answer) => {
        const version = answer.headers.get("X-Version");
        if (version && form.elements.version) form.elements.version.value = version;
        return "saved";
      },
    });
    // What follows from the answers that were given meanwhile was asked in vain.
    form.addEventListener("line-back", () => {
      const questions = form.querySelector("#questions[hx-post]");
      if (questions) questions.dispatchEvent(new Event("change", { bubbles: true }));
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
