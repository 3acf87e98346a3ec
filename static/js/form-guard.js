// Forms marked data-draft-key: warn before leaving with unsaved work, and keep what was typed on this device until it was sent.
// A form without this script loses nothing but this comfort. Words on the screen come from the page, never from here.
(() => {
  "use strict";
  const PREFIX = "draft:";
  const SENT = "draft-sent";
  const KEEP_FOR = 7 * 24 * 3600 * 1000;
  const LEFT_OUT = ["hidden", "password", "file", "submit", "button"];
  const dirty = new Set();
  const watched = new WeakSet();

  const store = {
    read(key) {
      try {
        const kept = JSON.parse(window.localStorage.getItem(PREFIX + key));
        return kept && Date.now() - kept.at < KEEP_FOR ? kept.values : null;
      } catch (error) {
        return null;
      }
    },
    write(key, values) {
      try {
        window.localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values }));
      } catch (error) {
        // Private mode or a full disk: the form still works.
      }
    },
    remove(key) {
      try {
        window.localStorage.removeItem(PREFIX + key);
      } catch (error) {
        // As above.
      }
    },
    clear() {
      try {
        Object.keys(window.localStorage)
          .filter((key) => key.startsWith(PREFIX))
          .forEach((key) => window.localStorage.removeItem(key));
      } catch (error) {
        // As above.
      }
    },
  };

  function controls(form) {
    return Array.from(form.elements).filter((control) => control.name && !LEFT_OUT.includes(control.type));
  }

  function isTicked(control) {
    return control.type === "checkbox" || control.type === "radio";
  }

  function valuesOf(form) {
    return controls(form).map((control) => [control.name, isTicked(control) ? [control.value, control.checked] : control.value]);
  }

  function restore(form, values) {
    const waiting = values.slice();
    controls(form).forEach((control) => {
      const index = waiting.findIndex(
        ([name, value]) => name === control.name && (!isTicked(control) || (Array.isArray(value) && value[0] === control.value)),
      );
      if (index < 0) return;
      const [, value] = waiting.splice(index, 1)[0];
      if (isTicked(control)) control.checked = value[1];
      else if (!control.readOnly) control.value = value;
    });
  }

  function offer(form, key, values) {
    const note = form.querySelector("[data-draft-note]");
    if (!note) return;
    note.hidden = false;
    note.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-draft-choice]");
      if (!choice) return;
      if (choice.dataset.draftChoice === "restore") {
        restore(form, values);
        dirty.add(form);
        form.dispatchEvent(new Event("input", { bubbles: true }));
      } else {
        store.remove(key);
      }
      note.hidden = true;
    });
  }

  function watch(form) {
    const key = form.dataset.draftKey;
    const kept = store.read(key);
    if (kept && JSON.stringify(kept) !== JSON.stringify(valuesOf(form))) offer(form, key, kept);

    let timer = 0;
    form.addEventListener("input", () => {
      dirty.add(form);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => store.write(key, valuesOf(form)), 400);
    });
    form.addEventListener("autosaved", () => {
      dirty.delete(form);
      window.clearTimeout(timer);
      store.remove(key);
    });
    form.addEventListener("submit", () => {
      dirty.delete(form);
      store.write(key, valuesOf(form));
      try {
        window.sessionStorage.setItem(SENT, key);
      } catch (error) {
        // No session storage: the draft expires by itself.
      }
    });
  }

  function forgetWhatWasSent(keysOnPage) {
    const sent = window.sessionStorage.getItem(SENT);
    if (!sent) return;
    window.sessionStorage.removeItem(SENT);
    // The form is not shown again, so the server took it. With errors it comes back, filled in, and the draft stays.
    if (!keysOnPage.includes(sent)) store.remove(sent);
  }

  function formsOnPage() {
    return Array.from(document.querySelectorAll("form[data-draft-key]"));
  }

  function watchNewForms() {
    formsOnPage()
      .filter((form) => !watched.has(form))
      .forEach((form) => {
        watched.add(form);
        watch(form);
      });
  }

  try {
    forgetWhatWasSent(formsOnPage().map((form) => form.dataset.draftKey));
  } catch (error) {
    // No session storage: drafts simply expire.
  }
  watchNewForms();
  document.addEventListener("htmx:after:swap", watchNewForms);

  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-clears-drafts]")) store.clear();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!Array.from(dirty).some((form) => form.isConnected)) return;
    event.preventDefault();
    event.returnValue = "";
  });
})();
